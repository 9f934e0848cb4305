"""What stands in an environment, and why: requirements, conflicts, unused pins, and the guard of the base."""
