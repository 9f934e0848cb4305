"""Commands of an image as its pods run them: a user of group 0, Airflow's folder, no standard input."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import clock

PROGRAMS = str(Path(__file__).parents[1])  # the folder of the package, as it is mounted
AIRFLOW_UID, GROUP = 50000, 0
SECONDS = 180
TIMED_OUT = 124  # the status of a command that a limit of time ended, as that of timeout(1)
# As for Airflow's own programs, neither this folder nor the current one is on the import path.
START = (
    f"import sys; sys.path[0] = {PROGRAMS!r}; from programs import {{}} as program; del sys.path[0]; "
    "sys.exit(program.main(sys.argv[1:]))"
)


@dataclass(frozen=True)
class CommandResult:
    """A finished command; its status is TIMED_OUT after a timeout."""

    status: int
    output: str
    errors: str

    @property
    def tail(self) -> str:
        """Return the last lines of its output."""
        return "\n".join((self.errors.strip() or self.output.strip()).splitlines()[-8:])

    @property
    def ended(self) -> str:
        """Return how it ended."""
        return self.tail if self.status == TIMED_OUT else f"exit code {self.status}: {self.tail}"


def program(name: str, *arguments: str) -> list[str]:
    """Return the command that runs another program of this folder by the image's Python."""
    return ["python", "-B", "-c", START.format(name), *arguments]


def own_configuration(uid: int) -> dict[str, str]:
    """Return a configuration file per user where the image has none: Airflow's can be read by one user."""
    home = os.environ.get("AIRFLOW_HOME") or "/opt/airflow"
    if os.environ.get("AIRFLOW_CONFIG") or Path(home, "airflow.cfg").exists():
        return {}
    return {"AIRFLOW_CONFIG": f"/tmp/airflow-{uid}.cfg"}  # noqa: S108 - the container is temporary


def options(uid: int) -> dict[str, Any]:
    """Return the options of a process that runs as a user of group 0, as pods do."""
    env = {
        **os.environ,
        **own_configuration(uid),
        "CONNECTION_CHECK_MAX_COUNT": "0",  # otherwise the entrypoint waits for a database
        "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACKS": "True",
        "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH": "10000",  # with the default of 2, no DAG file
    }
    return {"user": uid, "group": GROUP, "extra_groups": [], "env": env, "cwd": "/opt/airflow"}


def run(argv: list[str], uid: int, seconds: float = SECONDS) -> CommandResult:
    """Run a command to its end."""
    started, before = time.monotonic(), computed()
    try:
        process = subprocess.Popen(  # noqa: S603 - the image's own programs
            argv,
            **options(uid),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except OSError as error:
        return CommandResult(126, "", str(error))
    with process:
        while True:
            try:
                output, errors = process.communicate(timeout=left(started, seconds, process.pid))
            except subprocess.TimeoutExpired:
                if clock.overdue(started, seconds, process.pid) < 0:
                    continue
                process.kill()
                process.wait()
                return timed_out(started, seconds, computed() - before)
            return CommandResult(process.returncode, output, errors)


def left(started: float, seconds: float, pid: int) -> float:
    """Return the seconds after which to look again whether the time of a process is over."""
    return max(0.1, -clock.overdue(started, seconds, pid))


def timed_out(started: float, seconds: float, used: float) -> CommandResult:
    """Return the result of a process that was ended for its time, and used so many CPU seconds."""
    told = clock.took_too_long(seconds, time.monotonic() - started, used)
    return CommandResult(TIMED_OUT, "", told)


def computed() -> float:
    """Return the CPU time of all commands that have ended, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
