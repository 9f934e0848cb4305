"""Locks of DAG types: resolving, explaining conflicts, moving the base."""
