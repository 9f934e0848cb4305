"""Tests of ci/image/programs."""
