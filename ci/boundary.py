"""The edge to Dagger: a fault becomes a failed function with its text and no traceback."""

from collections.abc import Generator
from contextlib import contextmanager

from dagger.mod._exceptions import FunctionError  # the SDK logs a traceback for every other exception

from .errors import Fault


@contextmanager
def plain_faults() -> Generator[None]:
    """Let faults through as text; what is no fault is a bug, and keeps its traceback."""
    try:
        yield
    except Fault as fault:
        raise FunctionError(str(fault)) from None
