"""Tests of ci/image."""
