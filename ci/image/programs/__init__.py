"""Programs that run in containers to make layers and to describe an image."""
