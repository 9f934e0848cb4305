"""One step: a folder that airgap makes, kept in the cache by the content of its inputs."""

import contextlib
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from airgap.folders import cache_folder, remove_tree
from airgap.lock import locked

_PARTIAL = ".making-"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to make: a folder in the cache, filled once per state of its inputs."""

    name: str
    """Plain words, safe as a file name: letters, digits, dots and dashes."""
    inputs: str
    """Hex sha256 of all that the result depends on (`digest_of`), the inputs of the steps in `needs` too."""
    build: Callable[[Path, TextIO], None]
    """Fills the empty folder given to it; what its commands print goes to the log."""
    needs: tuple["Step", ...] = ()
    """Steps whose results `build` reads."""
    heavy: bool = False
    """Keeps all processors busy by itself: heavy steps run one at a time."""
    seconds: int = 1
    """How long it takes on two cores, about: the longest steps are started first."""

    def __post_init__(self) -> None:
        """Refuse a name that isn't safe as a file name, and inputs that are no digest."""
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", self.name):
            raise ValueError(f"step name {self.name!r}: only a-z, 0-9, dots and dashes")
        if not re.fullmatch(r"[0-9a-f]{64}", self.inputs):
            raise ValueError(f"step {self.name}: inputs {self.inputs!r} is no hex sha256; use digest_of(…)")

    @property
    def result(self) -> Path:
        """The folder that holds the result, whether it is there yet or not."""
        return cache_folder() / "steps" / f"{self.name}-{self.inputs[:16]}"

    @property
    def log(self) -> Path:
        """The file that keeps what the step's commands printed last."""
        return cache_folder() / "logs" / f"{self.name}.log"

    @property
    def done(self) -> bool:
        """Whether the result is there; a folder appears only when it is complete."""
        return self.result.is_dir()


def all_steps(steps: Iterable[Step]) -> list[Step]:
    """Return the steps and all they need, each once, what is needed first."""
    ordered: dict[Path, Step] = {}

    def visit(step: Step) -> None:
        if step.result not in ordered:
            for needed in step.needs:
                visit(needed)
            ordered[step.result] = step

    for step in steps:
        visit(step)
    return list(ordered.values())


def make(step: Step) -> None:
    """Build one step into a folder beside its result, then give it its name in one go.

    A step that another command makes is waited for, not made twice. Raises what `build` raises; nothing
    half-made is left under the result's name.
    """
    with contextlib.ExitStack() as locks:
        locks.enter_context(locked(_locks() / step.result.name, f"making {step.name}"))
        if step.done:
            return
        if step.heavy:
            locks.enter_context(locked(heavy_lock(), "building with all processors"))
        _clear(f"{_PARTIAL}{step.result.name}-*")
        _build(step)


def heavy_lock() -> Path:
    """Return the lock that whoever makes a heavy step holds."""
    return _locks() / "heavy"


def _locks() -> Path:
    return cache_folder() / "locks"


def _build(step: Step) -> None:
    partial = step.result.with_name(f"{_PARTIAL}{step.result.name}-{uuid.uuid4().hex[:8]}")
    partial.mkdir(parents=True)
    step.log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with step.log.open("w") as log:
            step.build(partial, log)
        # Without this a power cut can leave a complete-looking folder of empty files.
        subprocess.run(["sync", "-f", str(partial)], check=False, capture_output=True)
        partial.rename(step.result)
    finally:
        with contextlib.suppress(OSError):
            remove_tree(partial)


def _clear(pattern: str) -> None:
    for partial in (cache_folder() / "steps").glob(pattern):
        remove_tree(partial)


def prune(keep: Iterable[Path]) -> list[Path]:
    """Remove outdated results and return them, and what killed runs left half-made; nothing may be made.

    Of each step the two results used last are kept (two checkouts may share the cache), and all in `keep`.
    """
    _clear(f"{_PARTIAL}*")
    kept = set(keep)
    for result in kept:
        with contextlib.suppress(OSError):
            os.utime(result)
    by_name: dict[str, list[Path]] = {}
    for result in (cache_folder() / "steps").glob("[!.]*-????????????????"):
        by_name.setdefault(result.name[:-17], []).append(result)
    removed: list[Path] = []
    for results in by_name.values():
        results.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        removed += [result for result in results[2:] if result not in kept]
    for result in removed:
        shutil.rmtree(result, ignore_errors=True)
    return removed
