"""The kind of failure that a task must not retry."""


class SetupError(RuntimeError):
    """Something that a person must set right first: trying again cannot help."""
