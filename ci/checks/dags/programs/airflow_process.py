"""A process with the image's Airflow loaded once, which parses the files of one DAG type after another."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from typing import Any, cast

from . import clock
from .commands import AIRFLOW_UID, CommandResult, computed, left, options, program, timed_out

KEYS = {"files", "patterns", "problem"}


class Airflow:
    """A ``parse.py`` that starts with the first question, and again with the next one after it ended."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self.starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - as long as this object
        self._output = b""

    def ask(self, role: str, seconds: float, limit: float) -> dict[str, Any] | CommandResult:
        """Return the answer on the files that lie in the DAGs' folder, or how the process ended without one.

        Args:
            role: worker or scheduler.
            seconds: the time that a file may take to be parsed.
            limit: the seconds for the whole answer.
        """
        started, before = time.monotonic(), computed()
        try:
            process = self._process or self._start()
        except OSError as error:
            return CommandResult(126, "", str(error))
        pipe = cast("Any", process.stdout).fileno()
        self._output = b""
        try:
            cast("Any", process.stdin).write(json.dumps({"role": role, "seconds": seconds}).encode() + b"\n")
        except BrokenPipeError:
            return self._ended(process)
        while True:
            readable = select.select([pipe], [], [], left(started, limit, process.pid))[0]
            if clock.overdue(started, limit, process.pid) >= 0:
                process.kill()
                self._ended(process)
                return timed_out(started, limit, computed() - before)
            received = os.read(pipe, 1 << 16) if readable else None
            if received == b"":
                return self._ended(process)
            self._output += received or b""
            if answer := self._answer():
                return answer

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()
            self._ended(self._process)
        self._errors.close()

    def _start(self) -> subprocess.Popen[bytes]:
        self._errors.seek(0)
        self._errors.truncate()
        self.starts += 1
        self._process = subprocess.Popen[bytes](
            program("parse"),
            **options(AIRFLOW_UID),
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        return self._process

    def _answer(self) -> dict[str, Any] | None:
        """Return the answer, if it is among the whole lines that have arrived: Airflow may print others."""
        for line in self._output.splitlines(keepends=True):
            try:
                answer: object = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                continue
            if isinstance(answer, dict) and cast("dict[str, Any]", answer).keys() == KEYS:
                return cast("dict[str, Any]", answer)
        return None

    def _ended(self, process: subprocess.Popen[bytes]) -> CommandResult:
        """Return how the process ended."""
        self._process = None
        with process:
            status = process.wait()
        self._errors.seek(0)
        errors = self._errors.read().decode(errors="replace")
        return CommandResult(status, self._output.decode(errors="replace"), errors)
