"""Tests of ci/lock."""
