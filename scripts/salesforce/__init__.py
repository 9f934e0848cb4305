"""Incremental extraction of Salesforce objects into PostgreSQL."""
