"""Tests of ci/checks/run/programs."""
