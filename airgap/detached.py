"""Starting a program that goes on when we end: own session, output to a log, recorded by itself."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from airgap import processes
from airgap.errors import AirgapError
from airgap.processes import Process

_SCRIPT = Path(__file__).with_name("detached.sh")
_started: list[subprocess.Popen[bytes]] = []  # kept, because Python warns of a forgotten child


def start(  # noqa: PLR0913 - what a process can be given, each by name
    command: Sequence[str | Path],
    *,
    record: Path,
    log: Path,
    env: Mapping[str, str],
    cwd: Path = Path("/"),
    inside: Sequence[str] = (),
) -> Process:
    """Start a command in the background and return it as soon as its record is there.

    `inside` goes before it all (`unshare …`). Raises AirgapError, with the log's last lines, where it doesn't
    start.
    """
    record.unlink(missing_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".previous.log"))
    words = [*inside, "sh", str(_SCRIPT), str(record), *(str(word) for word in command)]
    with log.open("ab") as output:
        starter = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    _started.append(starter)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        process = recorded(record)
        if process:
            return process
        if starter.poll() is not None:
            break
        time.sleep(0.01)
    raise AirgapError(f"{words[0]} did not start (exit code {starter.poll()}); log: {log}{log_tail(log)}")


def recorded(record: Path) -> Process | None:
    """Return the process that a record names, whether it still runs or not; None where there is no record."""
    try:
        return processes.parse(record.read_text())
    except OSError:
        return None


def running(record: Path) -> Process | None:
    """Return the process that a record names if exactly that one still runs."""
    process = recorded(record)
    return process if process and process.alive() else None


def log_tail(log: Path, lines: int = 15) -> str:
    """Return the log's last lines, each on a line of its own, indented; empty where there is no log."""
    try:
        last = log.read_text(errors="replace").splitlines()[-lines:]
    except OSError:
        return ""
    return "".join(f"\n    | {line}" for line in last)
