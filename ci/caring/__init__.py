"""Caring for what is there: published images scanned anew, and the base moved to a newer release."""
