"""Jobs in forks of this process: what one of them imports, changes or breaks, no other one sees."""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from . import clock

Work = Callable[[str], "dict[str, Any]"]

TICK = 0.2  # seconds between checks whether a process still runs: its children may keep the pipe open
GRACE = 5  # seconds for the rest of an answer that has begun
MAX_ANSWER = 1 << 26  # bytes
PR_SET_PDEATHSIG = 1  # linux/prctl.h
ENDED = "its process ended without an answer"


@dataclass
class Fork:
    """A running fork; its answer comes through a pipe, as a line of JSON that holds the token."""

    job: str
    pid: int
    pipe: int
    seconds: float
    token: str
    started: float = field(default_factory=time.monotonic)
    answer: bytes = b""
    open: bool = True
    failure: str = ""
    late: bool = False

    @property
    def overdue(self) -> float:
        """Return the seconds since its time was over."""
        return clock.overdue(self.started, self.seconds, self.pid)

    def receive(self) -> None:
        """Read from the pipe; an empty read means that no process has it open any more."""
        received = os.read(self.pipe, 1 << 16)
        self.open = bool(received)
        self.answer += received

    @property
    def ended(self) -> bool:
        """Return whether its process has ended; it still has to be waited for."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def run(
    jobs: list[str], work: Work, seconds: float, workers: int = 0, total_seconds: float = float("inf")
) -> dict[str, dict[str, Any]]:
    """Return the answer to each job, in their order; {"died": reason} where a fork ended without one.

    ``seconds`` limits one job; after ``total_seconds`` no job is started. 0 workers mean one per CPU.
    What a limit ended has "late" in its answer: on another day it may have been in time.
    """
    waiting, answers = list(jobs), dict[str, Any]()
    running: list[Fork] = []
    last_start = time.monotonic() + total_seconds
    while waiting or running:
        while waiting and len(running) < (workers or os.cpu_count() or 1):
            job = waiting.pop(0)
            if time.monotonic() > last_start:
                reason = f"not started within {total_seconds:g} s, because others took so long"
                answers[job] = {"died": reason, "late": True}
            else:
                running.append(_start(job, work, seconds))
        _wait(running)
        for fork in [fork for fork in running if fork.failure or fork.late or b"\n" in fork.answer]:
            running.remove(fork)
            answers[fork.job] = _finish(fork)
    return {job: answers[job] for job in jobs}


def _wait(running: list[Fork]) -> None:
    """Read what arrives within a tick, and note which forks have failed."""
    ended = [fork for fork in running if fork.ended]  # before the pipes are read: they hold all it wrote
    pipes = {fork.pipe: fork for fork in running if fork.open}
    remaining = -max((fork.overdue for fork in running), default=0)
    ready = select.select(list(pipes), [], [], 0 if ended else max(0, min(remaining, TICK)))[0]
    for pipe in ready:
        pipes[pipe].receive()
    for fork in running:
        overdue = fork.overdue
        if len(fork.answer) > MAX_ANSWER:
            fork.failure = f"answered with more than {MAX_ANSWER} bytes"
        elif fork.pipe in ready and fork.open and overdue < GRACE:
            continue
        elif fork in ended:
            fork.failure = ENDED
        elif overdue >= 0:
            fork.late = True


def _start(job: str, work: Work, seconds: float) -> Fork:
    sys.stdout.flush()
    sys.stderr.flush()
    token = secrets.token_hex(16)  # what a DAG file writes into the pipe doesn't have it
    read_end, write_end = os.pipe()
    program = os.getpid()
    pid = os.fork()
    if pid:
        os.close(write_end)
        return Fork(job, pid, read_end, seconds, token)
    try:
        own_pid = os.getpid()
        os.setsid()  # so that all it starts can be killed with it
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # no fork outlives this program
        if os.getppid() != program:  # it has ended already
            os._exit(0)
        os.close(read_end)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        answer = _line(token, job, work)
        while answer and os.getpid() == own_pid:  # a file that forks gets here twice
            answer = answer[os.write(write_end, answer) :]
    finally:
        os._exit(0)


def _line(token: str, job: str, work: Work) -> bytes:
    """Return an answer as a line; half a surrogate pair, which JSON can't hold, becomes a question mark."""
    try:
        answer = work(job)
    except BaseException as error:  # noqa: BLE001 - even an exit is an answer
        answer = {"died": f"{type(error).__name__}: {error}"}
    try:
        text = json.dumps({"token": token, "answer": answer}, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        text = json.dumps({"token": token, "answer": {"died": f"its answer is not JSON: {error}"}})
    return text.encode(errors="replace") + b"\n"


def _finish(fork: Fork) -> dict[str, Any]:
    """Kill a fork with all that it started, and return its answer."""
    os.close(fork.pipe)
    try:
        os.killpg(fork.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        os.kill(fork.pid, signal.SIGKILL)
    _, status, usage = os.wait4(fork.pid, 0)
    if b"\n" in fork.answer:
        return _read(fork.answer.partition(b"\n")[0], fork.token)
    if fork.late:
        wall = time.monotonic() - fork.started
        computed = usage.ru_utime + usage.ru_stime
        return {"died": clock.took_too_long(fork.seconds, wall, computed), "late": True}
    if fork.failure == ENDED and os.WIFSIGNALED(status):
        return {"died": f"its process was ended by {signal.Signals(os.WTERMSIG(status)).name}"}
    return {"died": fork.failure}


def _read(line: bytes, token: str) -> dict[str, Any]:
    """Return the answer in a line, if this program wrote it."""
    try:
        message: object = json.loads(line)
    except ValueError:
        message = None
    if isinstance(message, dict):
        parts = cast("dict[str, Any]", message)
        if parts.get("token") == token and isinstance(parts.get("answer"), dict):
            return parts["answer"]
    return {"died": "its process wrote something else into the pipe of the answer"}
