"""Tests of ci/lock/programs."""
