"""Tests of ci/config."""
