"""Programs that run inside containers with nothing but their Python's standard library; the module mounts them."""
