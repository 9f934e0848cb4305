"""What airgap makes, step by step: each result is kept in the cache by the content of its inputs.

regctl = Step(name="regctl", inputs=digest_of(folder, flags), build=build_regctl)
run([regctl])          # does nothing where the result is there
regctl.result          # the folder that `build` filled
"""

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from airgap import commands
from airgap.errors import AirgapError, StepError
from airgap.folders import cache_folder, digest_of
from airgap.lock import locked
from airgap.progress import duration, say
from airgap.step import Step, make

__all__ = ["Step", "digest_of", "run"]

_AT_ONCE = (os.cpu_count() or 1) + 2  # more than processors: downloads wait for others
_HEARTBEAT = 30.0  # seconds between two signs of life of a long step
_LOW_DISK = 100 * 2**20  # bytes; less than this free explains most failures
_SCARCE_DISK = 10 * 2**30  # bytes; an engine that builds and tests a few DAG types takes about as much
_FIRST_TIME = 8 * 2**30  # bytes that a first build takes: Go's modules and what it compiles, and the images
_NETWORK = re.compile(
    r"Temporary failure|no such host|dial (tcp|udp)|[Cc]onnection (refused|reset|broken)|unreachable"
    r"|[Tt]imed out|x509|CERTIFICATE_VERIFY"
)


def run(steps: Iterable[Step]) -> None:
    """Make the steps and what they need, as far as they aren't there; independent ones at the same time.

    Raises StepError naming every step that failed; what doesn't depend on those is still made, so the next
    call has less to do. Two calls at once make nothing twice: the second waits for the first's step.
    """
    todo = missing(steps)
    if todo:
        with locked(cache_lock(), "removing outdated results", shared=True):
            _refuse_small_disk(todo)
            _Run(todo).finish()


def cache_lock() -> Path:
    """Return the lock that whoever makes steps holds shared, and whoever removes results holds alone."""
    return cache_folder() / "lock"


def missing(steps: Iterable[Step]) -> list[Step]:
    """Return what must be made, needed ones first; what only a finished step needed is left out."""
    wanted: dict[str, Step] = {}

    def visit(step: Step) -> None:
        if not step.done and step.result.name not in wanted:
            for needed in step.needs:
                visit(needed)
            wanted[step.result.name] = step

    for step in steps:
        visit(step)
    return list(wanted.values())


def _urgency(todo: Iterable[Step]) -> dict[Path, int]:
    """Return, by result, the seconds from a step's start to the end of all that waits for it."""
    ordered = list(todo)
    urgency = {step.result: step.seconds for step in ordered}
    for step in reversed(ordered):
        for needed in step.needs:
            if needed.result in urgency:
                after = needed.seconds + urgency[step.result]
                urgency[needed.result] = max(urgency[needed.result], after)
    return urgency


class _Run:
    """One run over the steps that are missing."""

    def __init__(self, todo: list[Step]) -> None:
        urgency = _urgency(todo)
        self.waiting = sorted(todo, key=lambda step: -urgency[step.result])
        self.total = len(todo)
        self.started = 0
        self.running: dict[Future[None], tuple[Step, str, float]] = {}
        self.failures: list[tuple[Step, BaseException]] = []

    def finish(self) -> None:
        """Run all steps to their end and report; on an interrupt stop what runs, then let it pass."""
        pool = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="step")
        try:
            self._start(pool)
            while self.running:
                done, _ = wait(self.running, timeout=_HEARTBEAT, return_when=FIRST_COMPLETED)
                for future in done:
                    self._ended(future)
                if not done:
                    self._signs_of_life()
                self._start(pool)
        except BaseException:
            say("stopping; what is finished is kept")
            commands.stop_all()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        if self.failures:
            raise StepError([(s.name, _cause(e), s.log) for s, e in self.failures], _advice(self.failures))

    def _start(self, pool: ThreadPoolExecutor) -> None:
        for step in list(self.waiting):
            busy = any(other.heavy for other, _, _ in self.running.values())
            if len(self.running) >= _AT_ONCE or (step.heavy and busy) or not all(n.done for n in step.needs):
                continue
            self.waiting.remove(step)
            self.started += 1
            label = f"[{self.started}/{self.total}] {step.name}"
            say(f"{label} …")
            self.running[pool.submit(make, step)] = (step, label, time.monotonic())

    def _ended(self, future: Future[None]) -> None:
        step, label, begin = self.running.pop(future)
        error = future.exception()
        took = duration(time.monotonic() - begin)
        if error is None:
            say(f"{label} done in {took}")
        else:
            say(f"{label} FAILED after {took}; log: {step.log}")
            self.failures.append((step, error))
            if disk_is_full():
                self.waiting.clear()  # the others would only fail too

    def _signs_of_life(self) -> None:
        for _, label, begin in self.running.values():
            say(f"{label} … {duration(time.monotonic() - begin)}")


def _cause(error: BaseException) -> str:
    if isinstance(error, AirgapError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
    return f"{type(error).__name__}: {error}"


def _refuse_small_disk(todo: list[Step]) -> None:
    """Raise AirgapError at once where the first building of the tools would fill the disk after minutes."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if any(step.heavy for step in todo) and not (folder / "go").is_dir() and free < _FIRST_TIME:
        raise AirgapError(
            f"{folder} has {free / 2**30:.1f} GiB free; a first start takes about {_FIRST_TIME // 2**30}: "
            "make room, or set XDG_CACHE_HOME to a folder on a larger disk"
        )


def _advice(failures: list[tuple[Step, BaseException]]) -> str:
    advice = disk_advice()
    if not advice and any(_NETWORK.search(f"{error} {_tail(step)}") for step, error in failures):
        advice = (
            "A package index or mirror was not reached: check the network, and what GOPROXY, PIP_INDEX_URL, "
            "https_proxy, SSL_CERT_FILE and apt's sources say. "
        )
    return f"{advice}What succeeded is kept: put the cause right and run the same command again."


def _tail(step: Step) -> str:
    return step.log.read_text(errors="replace")[-4000:] if step.log.exists() else ""


def disk_is_full() -> bool:
    """Whether so little of the cache's disk is free that this explains most failures."""
    with contextlib.suppress(OSError):
        return shutil.disk_usage(cache_folder()).free < _LOW_DISK
    return False


def scarce_disk() -> str:
    """Return what to say before an engine starts where its work may fill the disk; else nothing."""
    folder = cache_folder()
    free = shutil.disk_usage(folder).free
    if free >= _SCARCE_DISK:
        return ""
    return (
        f"{folder} has {free / 2**30:.1f} GiB free, and an engine's cache grows: if a build ends with "
        "`No space left on device`, make room, or set XDG_CACHE_HOME to a folder on a larger disk"
    )


def disk_advice() -> str:
    """Return what to say after a failure where the disk is full; else nothing."""
    if not disk_is_full():
        return ""
    return f"The disk of {cache_folder()} is full: make room, or set XDG_CACHE_HOME to a larger one. "
