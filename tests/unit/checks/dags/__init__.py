"""Tests of ci/checks/dags."""
