"""Answers of the engine: a limited number at the same time, and requested again where one was lost."""

import os
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

import anyio
import dagger
import gql
from dagger import dag
from dagger._exceptions import QueryErrorValue
from dagger.mod._exceptions import FunctionError  # the SDK logs a traceback for every other exception
from opentelemetry import trace

from ..errors import Fault

T = TypeVar("T")

# With too many requests at once some fail; after a failed one the SDK closes its connection, which ends every
# step that is awaited. 64: the SDK has 100 connections.
AT_ONCE = min(4 * (os.cpu_count() or 1), 64)

# The engine cancels a step when its last client has left; a client that joins at that moment gets this error:
# https://github.com/dagger/dagger/pull/13938, in no release 0.21.
_LOST = "context canceled"
_ATTEMPTS = 5
_PAUSE = 0.1  # seconds before the second attempt; later pauses are longer

_REVEALED = {"dagger.io/ui.reveal": True}  # shown at the top of a call's steps, by Dagger's own attribute

_limiter = anyio.CapacityLimiter(AT_ONCE)


async def retrying(ask: Callable[[], Awaitable[T]]) -> T:
    """Return the engine's answer; at most AT_ONCE answers are awaited at the same time.

    ``ask`` is a call such as the method ``contents`` of a file, repeated after a lost answer; it must not
    call ``retrying`` itself. Raise dagger.QueryError if a step failed.
    """
    async with _limiter:
        for attempt in range(1, _ATTEMPTS):
            try:
                return await ask()
            except dagger.QueryError as error:
                if _LOST not in str(error):
                    raise
            await anyio.sleep(attempt * _PAUSE)
        return await ask()


async def resolved(container: dagger.Container) -> dagger.Container:
    """Return a container by its id, for several steps: each would ask for the ids of all its inputs."""
    return dag.load_container_from_id(dagger.ContainerID(await retrying(container.id)))


@contextmanager
def step(name: str) -> Generator[None]:
    """Show what is awaited inside under a name in the trace; a failed step keeps its own error."""
    with trace.get_tracer(__name__).start_as_current_span(name, attributes=_REVEALED, record_exception=False):
        yield


@contextmanager
def as_function_error() -> Generator[None]:
    """Turn faults into errors without a traceback; other exceptions are bugs and keep theirs."""
    try:
        yield
    except Fault as fault:
        raise FunctionError(str(fault)) from None


class ExitCodeError(FunctionError, dagger.ExecError):
    """A failed command's error, with the exit code that the CLI ends with."""


def exit_code_error(text: str, code: int) -> ExitCodeError:
    """Return an error that shows only the text, and has the CLI end with the exit code."""
    extensions: dict[str, object] = {"_type": "EXEC_ERROR", "cmd": [], "exitCode": code}
    extensions |= {"stdout": "", "stderr": ""}
    return ExitCodeError([QueryErrorValue(message=text, extensions=extensions)], gql.gql("{ __typename }"))
