"""What people write, parsed once into frozen models."""
