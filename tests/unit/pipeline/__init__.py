"""Tests of ci/pipeline."""
