"""Tests of ci/config/secrets."""
