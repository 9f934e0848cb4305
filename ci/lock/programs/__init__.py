"""Programs that run in the base image to resolve locks with uv."""
