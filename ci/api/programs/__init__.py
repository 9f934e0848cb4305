"""Programs that run in the container of the workflow check."""
