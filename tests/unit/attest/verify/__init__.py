"""Tests of ci/attest/verify."""
