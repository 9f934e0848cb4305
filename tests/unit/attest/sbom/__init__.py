"""Tests of ci/attest/sbom."""
