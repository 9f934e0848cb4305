"""Tests of ci/tools/programs."""
