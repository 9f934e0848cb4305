"""Tests of DAG files as a pod and the scheduler parse them."""
