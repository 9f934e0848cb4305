"""Tests of ci/checks/upgrade."""
