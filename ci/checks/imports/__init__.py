"""Import hygiene: what DAG code imports against what its image has."""
