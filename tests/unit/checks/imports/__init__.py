"""Tests of ci/checks/imports."""
