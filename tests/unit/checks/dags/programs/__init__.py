"""Tests of ci/checks/dags/programs."""
