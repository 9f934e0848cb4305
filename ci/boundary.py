"""The edge to Dagger: a fault becomes a failed function with its text and no traceback."""

from collections.abc import Generator
from contextlib import contextmanager

from dagger import dag
from dagger.mod._exceptions import FunctionError  # the SDK logs a traceback for every other exception

from .errors import Fault


@contextmanager
def plain_faults() -> Generator[None]:
    """Let faults through as text; what is no fault is a bug, and keeps its traceback."""
    try:
        yield
    except Fault as fault:
        raise FunctionError(str(fault)) from None


async def printed(name: str, text: str) -> str:
    """Print a text, and the id of a file of that name with it: what a ``sync`` gives, that the CLI calls."""
    print(text)  # noqa: T201 - the CLI shows nothing of an object but its id
    return await dag.file(name, text).id()
