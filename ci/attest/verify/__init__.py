"""Verification of published images against what was signed."""
