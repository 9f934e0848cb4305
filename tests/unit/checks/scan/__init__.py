"""Tests of ci/checks/scan."""
