"""Tests of new DAG types, and of the adoption of old repositories."""
