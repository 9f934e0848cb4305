"""Work done in forks of this process: what one imports, changes or breaks, no other one sees."""

from __future__ import annotations

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

Work = Callable[[str], "dict[str, Any]"]

TICK = 0.2  # seconds between looks at whether a process still runs: a pipe may outlive it, in its children
GRACE = 5  # seconds for the rest of an answer that is being told
MOST = 1 << 26  # bytes of an answer
ENDED = "its process ended without an answer"


@dataclass
class Fork:
    """A running fork; its answer comes through a pipe, as a line of JSON that holds the token."""

    job: str
    pid: int
    pipe: int
    seconds: float
    token: str
    until: float = field(init=False)
    answer: bytes = b""
    open: bool = True
    why: str = ""

    def __post_init__(self) -> None:
        """Its time runs from now on."""
        self.until = time.monotonic() + self.seconds

    def receive(self) -> None:
        """Take what has come through the pipe; nothing means that nobody can write to it any more."""
        received = os.read(self.pipe, 1 << 16)
        self.open = bool(received)
        self.answer += received

    @property
    def ended(self) -> bool:
        """Whether its process has; it stays to be waited for."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def run(
    jobs: list[str], work: Work, seconds: float, workers: int = 0, together: float = float("inf")
) -> dict[str, dict[str, Any]]:
    """The answer to each job, in their order; {"died": why} where a fork ended without one.

    Args:
        jobs: what to do, each known by its text.
        work: does one; what it returns must be JSON.
        seconds: how long one may take.
        workers: how many at once; 0: as many as there are CPUs.
        together: after so many seconds no further job is begun.
    """
    waiting, answers = list(jobs), dict[str, Any]()
    running: list[Fork] = []
    last = time.monotonic() + together
    while waiting or running:
        while waiting and len(running) < (workers or os.cpu_count() or 1):
            job = waiting.pop(0)
            if time.monotonic() > last:
                answers[job] = {"died": f"not begun within {together:g} s, for others took so long"}
            else:
                running.append(_started(job, work, seconds))
        _wait(running)
        for fork in [each for each in running if each.why or b"\n" in each.answer]:
            running.remove(fork)
            answers[fork.job] = _told(fork)
    return {job: answers[job] for job in jobs}


def _wait(running: list[Fork]) -> None:
    """Take what comes within a moment, and note which of them will tell nothing any more."""
    gone = [fork for fork in running if fork.ended]  # before the look at the pipes: all it wrote is there
    pipes = {fork.pipe: fork for fork in running if fork.open}
    left = min((fork.until for fork in running), default=0) - time.monotonic()
    ready = select.select(list(pipes), [], [], 0 if gone else max(0, min(left, TICK)))[0]
    for pipe in ready:
        pipes[pipe].receive()
    for fork in running:
        late = time.monotonic() - fork.until
        if len(fork.answer) > MOST:
            fork.why = f"told more than {MOST} bytes"
        elif fork.pipe in ready and fork.open and late < GRACE:
            continue
        elif fork in gone:
            fork.why = ENDED
        elif late >= 0:
            fork.why = f"took more than {fork.seconds:g} s"


def _started(job: str, work: Work, seconds: float) -> Fork:
    sys.stdout.flush()
    sys.stderr.flush()
    token = secrets.token_hex(16)  # what a DAG file writes into the pipe is no answer
    theirs, ours = os.pipe()
    pid = os.fork()
    if pid:
        os.close(ours)
        return Fork(job, pid, theirs, seconds, token)
    try:
        own = os.getpid()
        os.setsid()  # so that whatever it starts ends with it
        os.close(theirs)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        answer = _line(token, _answer(job, work))
        while answer and os.getpid() == own:  # a file that forks has this done twice
            answer = answer[os.write(ours, answer) :]
    finally:
        os._exit(0)


def _answer(job: str, work: Work) -> dict[str, Any]:
    try:
        return work(job)
    except BaseException as error:  # noqa: BLE001 - even an exit is an answer
        return {"died": f"{type(error).__name__}: {error}"}


def _line(token: str, answer: dict[str, Any]) -> bytes:
    """An answer on its way; half of a surrogate pair, which no JSON may hold, becomes a question mark."""
    try:
        told = json.dumps({"token": token, "answer": answer}, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        told = json.dumps({"token": token, "answer": {"died": f"its answer is no JSON: {error}"}})
    return told.encode(errors="replace") + b"\n"


def _told(fork: Fork) -> dict[str, Any]:
    """The answer of a fork, which is ended with all that it started."""
    os.close(fork.pipe)
    try:
        os.killpg(fork.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        os.kill(fork.pid, signal.SIGKILL)
    status = os.waitpid(fork.pid, 0)[1]
    if b"\n" in fork.answer:
        return _read(fork.answer.partition(b"\n")[0], fork.token)
    if fork.why == ENDED and os.WIFSIGNALED(status):
        return {"died": f"its process was ended by {signal.Signals(os.WTERMSIG(status)).name}"}
    return {"died": fork.why}


def _read(line: bytes, token: str) -> dict[str, Any]:
    """What a line tells, where it is the answer of our own code."""
    try:
        told: object = json.loads(line)
    except ValueError:
        told = None
    if isinstance(told, dict):
        parts = cast("dict[str, Any]", told)
        if parts.get("token") == token and isinstance(parts.get("answer"), dict):
            return parts["answer"]
    return {"died": "its process wrote something else than an answer to where the answer belongs"}
