"""What pipelines need: which DAG types a change touches, and the results of jobs."""
