"""Smoke-test the image this runs in, with its network cut off: what a worker pod needs from it.

    smoke.py WANTED.json REPORT.json      as root, with the right to make a network namespace

WANTED.json: {"requirements": ["httpx==0.28.1", …], "entrypoint": ["/usr/bin/dumb-init", …]}
REPORT.json: {"facts": ["…"], "findings": [{"check", "file", "line", "cause", "remedy"}, …]}
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

HERE = Path(__file__).parent
AIRFLOW_UID, STRANGER_UID, GROUP = 50000, 12345, 0
CLONE_NEWNET = 0x40000000  # linux/sched.h; os.unshare is there only from Python 3.12 on
SECONDS = 180


@dataclass
class Outcome:
    """What one check told."""

    facts: list[str] = field(default_factory=list[str])
    findings: list[dict[str, object]] = field(default_factory=list[dict[str, object]])

    def fail(self, check: str, cause: str, remedy: str, file: str = "", line: int = 0) -> None:
        """Add a finding."""
        self.findings.append({"check": check, "file": file, "line": line, "cause": cause, "remedy": remedy})


@dataclass(frozen=True)
class Ran:
    """A finished command; status 124 where it took too long, as timeout(1) has it."""

    status: int
    output: str
    errors: str

    @property
    def tail(self) -> str:
        """The last lines of what it said."""
        return "\n".join((self.errors.strip() or self.output.strip()).splitlines()[-8:])


def cut_network() -> None:
    """Leave the container's network for an empty one."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        sys.exit(f"no network namespace: {os.strerror(ctypes.get_errno())}")


def run(argv: list[str], uid: int) -> Ran:
    """Run a command as a user of group 0, as pods do."""
    env = {
        **os.environ,
        "AIRFLOW_CONFIG": f"/tmp/airflow-{uid}.cfg",  # noqa: S108 - else whoever is first makes one that only it can read
        "CONNECTION_CHECK_MAX_COUNT": "0",  # the entrypoint waits for a database else
        "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH": "50",  # two else: none of the DAG file
    }
    try:
        done = subprocess.run(  # noqa: S603 - the image's own programs
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
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Ran(124, "", f"took more than {SECONDS} s")
    except OSError as error:
        return Ran(126, "", str(error))
    return Ran(done.returncode, done.stdout, done.stderr)


def check_dags() -> Outcome:
    """Every DAG file parses with Airflow's own DagBag, and defines a DAG."""
    return _program("dags", [str(HERE / "parse.py"), "/opt/airflow/dags"])


def check_imports(requirements: list[str]) -> Outcome:
    """Every declared dependency can be imported."""
    return _program("imports", [str(HERE / "imports.py"), *requirements])


def _program(check: str, arguments: list[str]) -> Outcome:
    """One of the programs beside this one; its last line is an outcome as JSON."""
    ran = run(["python", "-B", *arguments], AIRFLOW_UID)
    last = ran.output.strip().rpartition("\n")[2]
    try:
        return Outcome(**json.loads(last))
    except (ValueError, TypeError):
        outcome = Outcome()
        outcome.fail(check, f"exit code {ran.status}: {ran.tail}", "make the base's own Airflow start first")
        return outcome


def check_environment() -> Outcome:
    """`pip check`: no package lacks what it requires, or has it in a wrong version."""
    ran = run(["python", "-m", "pip", "check", "--disable-pip-version-check"], AIRFLOW_UID)
    if ran.status == 0:
        return Outcome(facts=["packages: pip check finds no conflict"])
    outcome = Outcome()
    told = ran.output.strip() or ran.errors.strip() or f"pip check: exit code {ran.status}"
    for line in told.splitlines():
        outcome.fail("packages", line, "pin a version that agrees with the base, then lock again")
    return outcome


def check_entrypoint(entrypoint: list[str], uid: int) -> Outcome:
    """The entrypoint runs Airflow and a shell as a user, and that user may write where Airflow does."""
    outcome = Outcome()
    who = f"uid {uid}, gid {GROUP}"
    version = os.environ.get("AIRFLOW_VERSION", "")
    wanted = {
        "airflow version": (["airflow", "version"], version),
        "bash -c": (
            ["bash", "-c", "umask 0002; touch /opt/airflow/.written && rm /opt/airflow/.written && id -u"],
            str(uid),
        ),
    }
    for name, (arguments, expected) in wanted.items():
        ran = run([*entrypoint, *arguments], uid)
        lines = ran.output.strip().splitlines()
        if ran.status or not lines or (expected and lines[-1].strip() != expected):
            cause = (
                f"{name} as {who}: exit code {ran.status}, expected {expected!r} on its last line: {ran.tail}"
            )
            outcome.fail(
                "entrypoint", cause, "keep the base's entrypoint, environment and file modes as they are"
            )
    if not outcome.findings:
        outcome.facts.append(f"entrypoint: airflow version and bash -c work as {who}")
    return outcome


def main(wanted_file: str, report_file: str) -> int:
    """Run all checks, two at a time, and write the report; 0 whatever they found."""
    wanted = json.loads(Path(wanted_file).read_text(encoding="utf-8"))
    cut_network()
    with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
        checks = [
            pool.submit(check_dags),
            pool.submit(check_imports, wanted["requirements"]),
            pool.submit(check_entrypoint, wanted["entrypoint"], AIRFLOW_UID),
            pool.submit(check_entrypoint, wanted["entrypoint"], STRANGER_UID),
            pool.submit(check_environment),
        ]
        outcomes = [check.result() for check in checks]
    report = Outcome()
    for outcome in outcomes:
        report.facts += outcome.facts
        report.findings += outcome.findings
    Path(report_file).write_text(json.dumps(asdict(report), sort_keys=True), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
