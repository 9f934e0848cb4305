"""Programs that the module mounts into containers: they use their Python's standard library alone."""
