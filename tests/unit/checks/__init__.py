"""Tests of ci/checks."""
