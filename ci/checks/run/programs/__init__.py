"""Programs that run in images to execute a DAG."""
