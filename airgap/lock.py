"""A lock between commands: held by the kernel, so a killed command never leaves it behind."""

import contextlib
import fcntl
import os
from collections.abc import Generator
from pathlib import Path

from airgap.progress import say


@contextlib.contextmanager
def locked(path: Path, purpose: str) -> Generator[None]:
    """Hold the lock file at `path`; where another command holds it, say so and wait.

    The file's text names the process that holds it, for whoever waits.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            say(f"waiting: process {file.read().strip() or '?'} is {purpose} (lock: {path})")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield
