"""Tests of ci/checks/pods."""
