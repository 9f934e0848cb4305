"""Tests of ci/api."""
