"""Checks of DAG types, and their reports."""
