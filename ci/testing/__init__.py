"""Tests of DAG types: their images run in containers, and what that shows is judged here."""
