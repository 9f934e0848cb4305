"""Work done in forks of this process: what one imports, changes or breaks, no other one sees."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Work = Callable[[str], "dict[str, Any]"]


@dataclass
class Fork:
    """A running fork; its answer comes through a pipe, as a line of JSON."""

    job: str
    pid: int
    pipe: int
    until: float
    answer: bytes = b""


def run(jobs: list[str], work: Work, seconds: float, workers: int = 0) -> dict[str, dict[str, Any]]:
    """The answer to each job, in their order; {"died": why} where a fork ended without one.

    Args:
        jobs: what to do, each known by its text.
        work: does one; what it returns must be JSON.
        seconds: how long one may take.
        workers: how many at once; 0: as many as there are CPUs.
    """
    waiting, answers = list(jobs), dict[str, Any]()
    running: dict[int, Fork] = {}
    while waiting or running:
        while waiting and len(running) < (workers or os.cpu_count() or 1):
            fork = _started(waiting.pop(0), work, seconds)
            running[fork.pipe] = fork
        left = min(fork.until for fork in running.values()) - time.monotonic()
        for pipe in select.select(list(running), [], [], max(0, left))[0]:
            received = os.read(pipe, 1 << 16)
            fork = running[pipe]
            fork.answer += received
            if not received or received.endswith(b"\n"):
                answers[fork.job] = _ended(running.pop(pipe))
        for fork in [fork for fork in running.values() if fork.until <= time.monotonic()]:
            answers[fork.job] = _ended(running.pop(fork.pipe), f"took more than {seconds:g} s")
    return {job: answers[job] for job in jobs}


def _started(job: str, work: Work, seconds: float) -> Fork:
    sys.stdout.flush()
    sys.stderr.flush()
    theirs, ours = os.pipe()
    pid = os.fork()
    if pid:
        os.close(ours)
        return Fork(job, pid, theirs, time.monotonic() + seconds)
    try:
        os.setsid()  # so that whatever it starts ends with it
        os.close(theirs)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        answer = json.dumps(_answer(job, work)).encode() + b"\n"
        while answer:
            answer = answer[os.write(ours, answer) :]
    finally:
        os._exit(0)


def _answer(job: str, work: Work) -> dict[str, Any]:
    try:
        return work(job)
    except BaseException as error:  # noqa: BLE001 - even an exit is an answer
        return {"died": f"{type(error).__name__}: {error}"}


def _ended(fork: Fork, why: str = "") -> dict[str, Any]:
    os.close(fork.pipe)
    if not why and not fork.answer.endswith(b"\n"):
        os.waitid(os.P_PID, fork.pid, os.WEXITED | os.WNOWAIT)
    try:
        os.killpg(fork.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        os.kill(fork.pid, signal.SIGKILL)
    status = os.waitpid(fork.pid, 0)[1]
    if fork.answer.endswith(b"\n"):
        return json.loads(fork.answer)
    return {"died": why or _status(status)}


def _status(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"its process was ended by {signal.Signals(os.WTERMSIG(status)).name}"
    return "its process ended without an answer"
