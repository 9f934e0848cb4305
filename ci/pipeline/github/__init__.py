"""Texts for GitHub Actions: annotations, comments, outputs, summaries."""
