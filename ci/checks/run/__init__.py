"""Runs of a DAG in its image."""
