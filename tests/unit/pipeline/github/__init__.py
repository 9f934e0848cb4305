"""Tests of ci/pipeline/github."""
