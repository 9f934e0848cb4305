"""A function in the place of a program that a module starts: the same answers without a process."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from threading import Lock
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

# It gets the command line without the program's name, and standard input; it gives standard output.
Program = Callable[[list[str], bytes], bytes]
KNOWN = {"input", "capture_output", "timeout", "check", "stdin", "text"}


class ExitError(Exception):
    """The program ends with status 1; the text is what it writes to standard error."""


def replace(monkeypatch: pytest.MonkeyPatch, module: ModuleType, program: Program) -> None:
    """Let what a module starts with subprocess.run be answered by a function, one command at a time."""
    lock = Lock()

    def run(command: list[str], **options: Any) -> CompletedProcess[Any]:  # noqa: ANN401 - text or bytes
        assert options.keys() <= KNOWN
        assert options["capture_output"]
        status, output, errors = 0, b"", ""
        with lock:
            try:
                output = program(command[1:], options.get("input", b""))
            except ExitError as error:
                status, errors = 1, f"{error}\n"
        if options.get("text"):
            return CompletedProcess(command, status, output.decode(), errors)
        return CompletedProcess(command, status, output, errors.encode())

    names = {"TimeoutExpired": subprocess.TimeoutExpired, "DEVNULL": subprocess.DEVNULL}
    monkeypatch.setattr(module, "subprocess", SimpleNamespace(run=run, **names))


def script(file: Path, text: str) -> str:
    """Write a shell script for the tests that need a process; gives its path."""
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)
