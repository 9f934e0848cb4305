"""Statements about images: provenance, SBOMs, signatures, and their verification."""
