"""Run a job's checks in an image, without network.

    python3 -m programs.check JOB.json ANSWER.json      as root, with the right to create a network namespace

JOB.json has one of: {"parse": {"role": "worker", "seconds": 2.0}},
{"environment": {"requirements": ["httpx==0.28.1", …], "entrypoint": ["/usr/bin/dumb-init", …]}}
ANSWER.json: {"parsed": the answer of parse.py, "result": {"facts": […], "findings": […]}}
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

PROGRAMS = str(Path(__file__).parents[1])  # the folder of the package, as it is mounted
AIRFLOW_UID, STRANGER_UID, GROUP = 50000, 12345, 0
CLONE_NEWNET = 0x40000000  # linux/sched.h; os.unshare needs Python 3.12
DAGS = "/opt/airflow/dags"
SECONDS = 180
FILE_SECONDS = 180  # per DAG file: parse.py ends a parse after 60, and parses once more for all of its tasks
TRIES = 6  # times the limit of a file: two more tries, of three times the limit at most
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

    def add_fact(self, check: str, detail: str) -> None:
        """Add a fact."""
        self.facts.append({"check": check, "told": detail})

    def add_finding(self, check: str, cause: str, remedy: str, file: str = "", line: int = 0) -> None:
        """Add a finding."""
        self.findings.append({"check": check, "file": file, "line": line, "cause": cause, "remedy": remedy})


@dataclass(frozen=True)
class CommandResult:
    """A finished command; its status is 124 after a timeout."""

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
    try:
        process = subprocess.run(  # noqa: S603 - the image's own programs
            argv,
            user=uid,
            group=GROUP,
            extra_groups=[],
            env=env,
            cwd="/opt/airflow",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return CommandResult(124, "", f"took more than {seconds:g} s")
    except OSError as error:
        return CommandResult(126, "", str(error))
    return CommandResult(process.returncode, process.stdout, process.stderr)


def parse_dags(role: str, seconds: float) -> dict[str, Any]:
    """Return every DAG file as parsed by Airflow; the time limit grows with their number."""
    files = sum(path.suffix in {".py", ".zip"} for path in Path(DAGS).rglob("*"))
    limit = SECONDS + files * (FILE_SECONDS + TRIES * seconds)
    answer = _program("parse", {"files", "problem"}, role, str(seconds), limit=limit)
    return answer if isinstance(answer, dict) else {"files": [], "problem": answer}


def check_imports(requirements: list[str]) -> CheckResult:
    """Check that every declared dependency can be imported."""
    answer = _program("imports", {"facts", "findings"}, *requirements)
    if isinstance(answer, dict):
        return CheckResult(**answer)
    result = CheckResult()
    result.add_finding("imports", answer, "make Python start in the base")
    return result


def _program(name: str, keys: set[str], *arguments: str, limit: float = SECONDS) -> dict[str, Any] | str:
    """Return the answer in the last line of another program of this folder, or how it ended without one."""
    command = run(["python", "-B", "-c", START.format(name), *arguments], AIRFLOW_UID, limit)
    try:
        answer: dict[str, Any] | None = json.loads(command.output.strip().rpartition("\n")[2])
    except ValueError:
        answer = None
    if isinstance(answer, dict) and answer.keys() == keys:
        return answer
    return f"exit code {command.status}: {command.tail}"


def check_environment() -> CheckResult:
    """Check with `pip check` that every package has its requirements in a fitting version."""
    command = run(["python", "-m", "pip", "check", "--disable-pip-version-check"], AIRFLOW_UID)
    result = CheckResult()
    if command.status == 0:
        result.add_fact("packages", "pip check finds no conflict")
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
            result.add_finding("entrypoint", f"{cause}: {command.tail}", remedy)
    if not result.findings:
        result.add_fact("entrypoint", f"airflow version and bash -c work as {user}")
    return result


def check_all(requirements: list[str], entrypoint: list[str]) -> CheckResult:
    """Run all checks of the environment, as many at the same time as there are CPUs."""
    with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
        checks = [
            pool.submit(check_entrypoint, entrypoint, AIRFLOW_UID),
            pool.submit(check_entrypoint, entrypoint, STRANGER_UID),
            pool.submit(check_imports, requirements),
            pool.submit(check_environment),
        ]
    whole = CheckResult()
    for check in checks:
        whole.facts += check.result().facts
        whole.findings += check.result().findings
    return whole


def main(job_file: str, answer_file: str) -> int:
    """Run the job, and write the answer; the exit code is 0 whatever was found."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    cut_network()
    result = check_all(**job["environment"]) if "environment" in job else CheckResult()
    parsed: dict[str, Any] = parse_dags(**job["parse"]) if "parse" in job else {"files": [], "problem": ""}
    answer = {"result": asdict(result), "parsed": parsed}
    Path(answer_file).write_text(json.dumps(answer, sort_keys=True), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
