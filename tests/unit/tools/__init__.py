"""Tests of ci/tools."""
