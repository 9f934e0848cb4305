"""Annotations, comments, outputs and summaries for GitHub Actions."""
