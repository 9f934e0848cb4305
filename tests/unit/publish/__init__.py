"""Tests of ci/publish."""
