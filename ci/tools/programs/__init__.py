"""Programs that run in tool containers."""
