"""Run a job's checks in an image, without network.

    python3 -m programs.check JOB.json ANSWER.json      as root, with the right to create a network namespace

JOB.json has one of: {"parse": {"role": "worker", "seconds": 2.0}},
{"imports": {"requirements": ["httpx==0.28.1", …], "names": ["httpx", "airflow.sdk:dag", …]}},
{"environment": {"entrypoint": ["/usr/bin/dumb-init", …]}}
ANSWER.json: {"parsed": the answer of parse.py, "imported": that of imports.py,
"result": {"facts": […], "findings": […]}, "late": whether a limit of time decided something}
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import clock

PROGRAMS = str(Path(__file__).parents[1])  # the folder of the package, as it is mounted
AIRFLOW_UID, STRANGER_UID, GROUP = 50000, 12345, 0
CLONE_NEWNET = 0x40000000  # linux/sched.h; os.unshare needs Python 3.12
DAGS = "/opt/airflow/dags"
SECONDS = 180
FILE_SECONDS = 400  # per DAG file: parse.py ends a parse after 60 to 180, and parses more than once
TRIES = 6  # times the limit of a file: two more tries, of three times the limit at most
TIMED_OUT = 124  # the status of a command that a limit of time ended, as that of timeout(1)
# As for Airflow's own programs, neither this folder nor the current one is on the import path.
START = (
    f"import sys; sys.path[0] = {PROGRAMS!r}; from programs import {{}} as program; del sys.path[0]; "
    "sys.exit(program.main(sys.argv[1:]))"
)


@dataclass
class CheckResult:
    """The result of one check."""

    facts: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    findings: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    late: bool = False

    def add_fact(self, check: str, detail: str) -> None:
        """Add a fact."""
        self.facts.append({"check": check, "told": detail})

    def add_finding(self, check: str, cause: str, remedy: str, file: str = "", line: int = 0) -> None:
        """Add a finding."""
        self.findings.append({"check": check, "file": file, "line": line, "cause": cause, "remedy": remedy})


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


def cut_network() -> None:
    """Replace the container's network by an empty one."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        sys.exit(f"could not create a network namespace: {os.strerror(ctypes.get_errno())}")


def own_configuration(uid: int) -> dict[str, str]:
    """Return a configuration file per user where the image has none: Airflow's can be read by one user."""
    home = os.environ.get("AIRFLOW_HOME") or "/opt/airflow"
    if os.environ.get("AIRFLOW_CONFIG") or Path(home, "airflow.cfg").exists():
        return {}
    return {"AIRFLOW_CONFIG": f"/tmp/airflow-{uid}.cfg"}  # noqa: S108 - the container is temporary


def run(argv: list[str], uid: int, seconds: float = SECONDS) -> CommandResult:
    """Run a command as a user of group 0, as pods do."""
    env = {
        **os.environ,
        **own_configuration(uid),
        "CONNECTION_CHECK_MAX_COUNT": "0",  # otherwise the entrypoint waits for a database
        "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACKS": "True",
        "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH": "10000",  # with the default of 2, no DAG file
    }
    started, computed = time.monotonic(), _computed()
    try:
        process = subprocess.Popen(  # noqa: S603 - the image's own programs
            argv,
            user=uid,
            group=GROUP,
            extra_groups=[],
            env=env,
            cwd="/opt/airflow",
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
                output, errors = process.communicate(timeout=_left(started, seconds, process.pid))
            except subprocess.TimeoutExpired:
                if clock.overdue(started, seconds, process.pid) < 0:
                    continue
                process.kill()
                process.wait()
                wall = time.monotonic() - started
                return CommandResult(
                    TIMED_OUT, "", clock.took_too_long(seconds, wall, _computed() - computed)
                )
            return CommandResult(process.returncode, output, errors)


def _left(started: float, seconds: float, pid: int) -> float:
    return max(0.1, -clock.overdue(started, seconds, pid))


def _computed() -> float:
    """Return the CPU time of all commands that have ended, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def parse_dags(role: str, seconds: float) -> tuple[dict[str, Any], bool]:
    """Return every DAG file as parsed by Airflow, and whether a limit of time decided something.

    The limit for all grows with their number.
    """
    files = sum(path.suffix in {".py", ".zip"} for path in Path(DAGS).rglob("*"))
    limit = SECONDS + files * (FILE_SECONDS + TRIES * seconds)
    answer = _program("parse", {"files", "patterns", "problem"}, role, str(seconds), limit=limit)
    if isinstance(answer, CommandResult):
        late = answer.status == TIMED_OUT
        return {"files": [], "patterns": [], "problem": _ended(answer)}, late
    return answer, any(file.get("late") for file in answer["files"])


def check_imports(requirements: list[str], names: list[str]) -> tuple[dict[str, Any], bool]:
    """Return what of these can't be imported, and whether a limit of time decided it."""
    answer = _program("imports", {"failed", "broken"}, *requirements, "--", *names)
    if isinstance(answer, CommandResult):
        return {"failed": {}, "broken": {}, "problem": _ended(answer)}, answer.status == TIMED_OUT
    return {**answer, "problem": ""}, False


def _program(
    name: str, keys: set[str], *arguments: str, limit: float = SECONDS
) -> dict[str, Any] | CommandResult:
    """Return the answer in the last line of another program of this folder, or how it ended without one."""
    command = run(["python", "-B", "-c", START.format(name), *arguments], AIRFLOW_UID, limit)
    try:
        answer: dict[str, Any] | None = json.loads(command.output.strip().rpartition("\n")[2])
    except ValueError:
        answer = None
    if isinstance(answer, dict) and answer.keys() == keys:
        return answer
    return command


def _ended(command: CommandResult) -> str:
    return command.tail if command.status == TIMED_OUT else f"exit code {command.status}: {command.tail}"


def check_environment() -> CheckResult:
    """Check with `pip check` that every package has its requirements in a fitting version."""
    command = run(["python", "-m", "pip", "check", "--disable-pip-version-check"], AIRFLOW_UID)
    result = CheckResult()
    if command.status == 0:
        result.add_fact("packages", "pip check finds no conflict")
        return result
    if command.status == TIMED_OUT:
        result.late = True
        result.add_finding("packages", f"pip check {command.tail}", "test again: this result isn't kept")
        return result
    text = command.output.strip() or command.errors.strip() or f"pip check: exit code {command.status}"
    for line in text.splitlines():
        result.add_finding("packages", line, "pin a version that agrees with the base, then lock again")
    return result


def check_entrypoint(entrypoint: list[str], uid: int) -> CheckResult:
    """Check that the entrypoint runs Airflow and a shell as a user who may write where Airflow does."""
    result = CheckResult()
    user = f"uid {uid}, gid {GROUP}"
    version = os.environ.get("AIRFLOW_VERSION", "")
    file = f"/opt/airflow/.written-{uid}"  # one per user: they try at the same time
    script = f"umask 0002; touch {file} && rm {file} && id -u"
    commands = {
        "airflow version": (["airflow", "version"], version),
        "bash -c": (["bash", "-c", script], str(uid)),
    }
    for name, (arguments, expected) in commands.items():
        command = run([*entrypoint, *arguments], uid)
        lines = command.output.strip().splitlines()
        if command.status or not lines or (expected and lines[-1].strip() != expected):
            cause = f"{name} as {user}: exit code {command.status}, expected {expected!r} on its last line"
            remedy = "keep the base's entrypoint, environment and file modes as they are"
            result.late = result.late or command.status == TIMED_OUT
            result.add_finding("entrypoint", f"{cause}: {command.tail}", remedy)
    if not result.findings:
        result.add_fact("entrypoint", f"airflow version and bash -c work as {user}")
    return result


def check_all(entrypoint: list[str]) -> CheckResult:
    """Run all checks of the environment, as many at the same time as there are CPUs."""
    with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
        checks = [
            pool.submit(check_entrypoint, entrypoint, AIRFLOW_UID),
            pool.submit(check_entrypoint, entrypoint, STRANGER_UID),
            pool.submit(check_environment),
        ]
    whole = CheckResult()
    for check in checks:
        whole.facts += check.result().facts
        whole.findings += check.result().findings
        whole.late = whole.late or check.result().late
    return whole


def main(job_file: str, answer_file: str) -> int:
    """Run the job, and write the answer; the exit code is 0 whatever was found."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    cut_network()
    result = check_all(**job["environment"]) if "environment" in job else CheckResult()
    parsed: dict[str, Any] | None = None
    imported: dict[str, Any] | None = None
    late = result.late
    if "parse" in job:
        parsed, late = parse_dags(**job["parse"])
    if "imports" in job:
        imported, late = check_imports(**job["imports"])
    answer = {
        "result": {"facts": result.facts, "findings": result.findings},
        "parsed": parsed,
        "imported": imported,
        "late": late,
    }
    Path(answer_file).write_text(json.dumps(answer, sort_keys=True), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
