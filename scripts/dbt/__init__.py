"""Runs of dbt projects."""
