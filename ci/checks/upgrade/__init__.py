"""Trials of other Airflow versions."""
