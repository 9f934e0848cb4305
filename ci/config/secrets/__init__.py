"""Secrets in files and addresses that would end up in an image."""
