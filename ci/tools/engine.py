"""Answers of the engine: as many at once as the machine bears, asked for again where the engine lost one."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import TypeVar
from weakref import WeakKeyDictionary

import dagger
from dagger import dag
from dagger.mod._exceptions import FunctionError  # the SDK logs a traceback for every other exception

from ..errors import Fault

T = TypeVar("T")

# Where too much starts at once requests to the engine fail; for one that does the SDK closes its connection,
# and with it ends every step that is waited for. 64: it has 100 connections.
AT_ONCE = min(4 * (os.cpu_count() or 1), 64)

# A step is ended when all who wait for it have left, and who joins it in that moment is told so without
# having left: https://github.com/dagger/dagger/pull/13938, in no release 0.21.
_LOST = "context canceled"
_MOST = 5  # times that one answer is asked for
_PAUSE = 0.1  # seconds before the second time; later ones are longer

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def retrying(ask: Callable[[], Awaitable[T]]) -> T:
    """What the engine answers; at most AT_ONCE answers are waited for at the same time.

    Args:
        ask: asks it, such as the method ``contents`` of a file; called again after an answer that was
            lost. It asks for nothing by way of ``retrying`` itself.

    Raises:
        dagger.QueryError: a step failed.
    """
    async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)):
        for turn in range(1, _MOST):
            try:
                return await ask()
            except dagger.QueryError as error:
                if _LOST not in str(error):
                    raise
            await asyncio.sleep(turn * _PAUSE)
        return await ask()


@contextmanager
def as_function_error() -> Generator[None]:
    """Let faults through as text; what is no fault is a bug, and keeps its traceback."""
    try:
        yield
    except Fault as fault:
        raise FunctionError(str(fault)) from None


async def printed(name: str, text: str) -> str:
    """Print a text, and the id of a file of that name with it: what a ``sync`` gives, that the CLI calls."""
    print(text)  # noqa: T201 - the CLI shows nothing of an object but its id
    return await dag.file(name, text).id()
