"""Images from a base: layers, configuration, manifest, and what is installed."""
