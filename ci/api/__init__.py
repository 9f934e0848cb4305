"""Dagger objects and arguments: the functions that a user calls."""
