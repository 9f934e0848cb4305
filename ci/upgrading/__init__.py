"""Trying another Airflow: the base of that version, locks made for it in memory, and every test."""
