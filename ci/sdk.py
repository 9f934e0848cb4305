"""A cure for what Dagger's Python SDK does at every field that a query selects."""

from dagger.client import _core


def share_converter() -> None:
    """Use one JSON converter for all queries.

    The SDK (client/_core.py) makes one for each selected field, in 0.8 ms of CPU; a build selects 300 fields.
    They differ in a hook for objects in lists, which no query of the SDK has.
    """
    converter = _core.make_converter(_core.Context())
    _core.make_converter = lambda _: converter
