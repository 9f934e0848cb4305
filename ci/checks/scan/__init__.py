"""Scans of images, judged by policy."""
