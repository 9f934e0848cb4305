"""Tests of ci/api/programs."""
