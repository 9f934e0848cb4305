"""Tests of ci/checks/run."""
