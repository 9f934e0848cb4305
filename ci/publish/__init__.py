"""Publication of images: tags, plan, push, and operations on what was pushed."""
