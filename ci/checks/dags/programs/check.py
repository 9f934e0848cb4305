"""Run a job's checks in an image, without network.

    python3 -m programs.check JOB.json ANSWER.json      as root, with the right to create a network namespace

JOB.json has one of:
{"parse": {"role": "worker", "environment": "sha256:…", "seconds": {"salesforce": 2.0, …}}},
{"imports": {"requirements": ["httpx==0.28.1", …], "names": ["httpx", "airflow.sdk:dag", …]}},
{"environment": {"entrypoint": ["/usr/bin/dumb-init", …]}}
ANSWER.json: {"parsed": {"salesforce": the answer of parse.py, …}, "imported": that of imports.py,
"result": {"facts": […], "findings": […]}, "late": whether a limit of time decided something,
"starts": how often Airflow was loaded to parse, "run": a name of this run}
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .commands import AIRFLOW_UID, GROUP, TIMED_OUT, program, run
from .parses import parse_types

STRANGER_UID = 12345
CLONE_NEWNET = 0x40000000  # linux/sched.h; os.unshare needs Python 3.12


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


def cut_network() -> None:
    """Replace the container's network by an empty one."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        sys.exit(f"could not create a network namespace: {os.strerror(ctypes.get_errno())}")


def check_imports(requirements: list[str], names: list[str]) -> tuple[dict[str, Any], bool]:
    """Return what of these can't be imported, and whether a limit of time decided it."""
    command = run(program("imports", *requirements, "--", *names), AIRFLOW_UID)
    try:
        answer: dict[str, Any] | None = json.loads(command.output.strip().rpartition("\n")[2])
    except ValueError:
        answer = None
    if isinstance(answer, dict) and answer.keys() == {"failed", "broken"}:
        return {**answer, "problem": ""}, False
    return {"failed": {}, "broken": {}, "problem": command.ended}, command.status == TIMED_OUT


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
    parsed: dict[str, dict[str, Any]] = {}
    imported: dict[str, Any] | None = None
    late, starts = result.late, 0
    if "parse" in job:
        parsed, late, starts = parse_types(**job["parse"])
    if "imports" in job:
        imported, late = check_imports(**job["imports"])
    answer = {
        "result": {"facts": result.facts, "findings": result.findings},
        "parsed": parsed,
        "imported": imported,
        "late": late,
        "starts": starts,
        "run": secrets.token_hex(8),
    }
    Path(answer_file).write_text(json.dumps(answer, sort_keys=True), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
