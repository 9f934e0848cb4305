"""A lock between commands: held by the kernel, so a killed command never leaves it behind."""

import contextlib
import fcntl
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import TextIO

from airgap import commands
from airgap.errors import AirgapError
from airgap.progress import say

_PAUSE = 0.1  # seconds between two tries


@contextlib.contextmanager
def locked(path: Path, purpose: str, *, shared: bool = False) -> Generator[None]:
    """Hold the lock file at `path`; where another command holds it, say so and wait.

    Commands that hold it shared don't exclude one another. The file's text names the process that holds it
    alone, for whoever waits. Raises AirgapError where airgap is stopped meanwhile.
    """
    with _opened(path) as file:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        if not _taken(file, kind):
            file.seek(0)
            say(f"waiting: process {file.read().strip() or '?'} is {purpose} (lock: {path})")
            while not _taken(file, kind):
                if commands.stopping():
                    raise AirgapError(f"the wait for {path} was given up: airgap is stopping")
                time.sleep(_PAUSE)
        if not shared:
            _sign(file)
        yield


@contextlib.contextmanager
def locked_if_free(path: Path) -> Generator[bool]:
    """Hold the lock file at `path` unless another command does; give whether this one has it."""
    with _opened(path) as file:
        free = _taken(file, fcntl.LOCK_EX)
        if free:
            _sign(file)
        yield free


@contextlib.contextmanager
def _opened(path: Path) -> Generator[TextIO]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        yield file


def _taken(file: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(file: TextIO) -> None:
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
