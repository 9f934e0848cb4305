"""Programs that run in images to parse and test DAG files."""
