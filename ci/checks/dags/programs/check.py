"""Test what an image is run for, in the image itself, with its network cut off.

    python3 -m programs.check WANTED.json REPORT.json      as root, with the right to make a network namespace

WANTED.json has one of: {"parse": {"role": "worker", "seconds": 2.0}},
{"environment": {"requirements": ["httpx==0.28.1", …], "entrypoint": ["/usr/bin/dumb-init", …]}}
REPORT.json: {"parsed": as parse.py tells, "outcome": {"facts": […], "findings": […]}}
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

PROGRAMS = str(Path(__file__).parents[1])  # of the package, as it is mounted
AIRFLOW_UID, STRANGER_UID, GROUP = 50000, 12345, 0
CLONE_NEWNET = 0x40000000  # linux/sched.h; os.unshare is there only from Python 3.12 on
DAGS = "/opt/airflow/dags"
SECONDS = 180
FILE_SECONDS = (
    180  # for a DAG file: parse.py ends each parse at 60, and does so once more for all of its tasks
)
TRIES = 6  # times the seconds that a file may take: two more tries, of three times as long at most
# As it is for Airflow's own programs: with nothing of ours in the way, and no current folder either.
START = (
    f"import sys; sys.path[0] = {PROGRAMS!r}; from programs import {{}} as program; del sys.path[0]; "
    "sys.exit(program.main(sys.argv[1:]))"
)


@dataclass
class Outcome:
    """What one check told."""

    facts: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    findings: list[dict[str, object]] = field(default_factory=list[dict[str, object]])

    def tell(self, check: str, told: str) -> None:
        """Add a fact."""
        self.facts.append({"check": check, "told": told})

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


def own_configuration(uid: int) -> dict[str, str]:
    """One for each user where the image has none: whoever is first makes one that only it can read."""
    home = os.environ.get("AIRFLOW_HOME") or "/opt/airflow"
    if os.environ.get("AIRFLOW_CONFIG") or Path(home, "airflow.cfg").exists():
        return {}
    return {"AIRFLOW_CONFIG": f"/tmp/airflow-{uid}.cfg"}  # noqa: S108 - of a container that is thrown away


def run(argv: list[str], uid: int, seconds: float = SECONDS) -> Ran:
    """Run a command as a user of group 0, as pods do."""
    env = {
        **os.environ,
        **own_configuration(uid),
        "CONNECTION_CHECK_MAX_COUNT": "0",  # the entrypoint waits for a database else
        "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACKS": "True",
        "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH": "10000",  # two else: none of the DAG file
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
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Ran(124, "", f"took more than {seconds:g} s")
    except OSError as error:
        return Ran(126, "", str(error))
    return Ran(done.returncode, done.stdout, done.stderr)


def parse_dags(role: str, seconds: float) -> dict[str, Any]:
    """Every DAG file, parsed by Airflow itself; the more there are, the longer it may take."""
    files = sum(path.suffix in {".py", ".zip"} for path in Path(DAGS).rglob("*"))
    limit = SECONDS + files * (FILE_SECONDS + TRIES * seconds)
    told = _program("parse", {"files", "problem"}, role, str(seconds), limit=limit)
    return told if isinstance(told, dict) else {"files": [], "problem": told}


def check_imports(requirements: list[str]) -> Outcome:
    """Every declared dependency can be imported."""
    told = _program("imports", {"facts", "findings"}, *requirements)
    if isinstance(told, dict):
        return Outcome(**told)
    outcome = Outcome()
    outcome.fail("imports", told, "make the base's own Python start first")
    return outcome


def _program(name: str, keys: set[str], *arguments: str, limit: float = SECONDS) -> dict[str, Any] | str:
    """What a program beside this one told in its last line, or how it ended where it told nothing."""
    ran = run(["python", "-B", "-c", START.format(name), *arguments], AIRFLOW_UID, limit)
    try:
        told: dict[str, Any] | None = json.loads(ran.output.strip().rpartition("\n")[2])
    except ValueError:
        told = None
    if isinstance(told, dict) and told.keys() == keys:
        return told
    return f"exit code {ran.status}: {ran.tail}"


def check_environment() -> Outcome:
    """`pip check`: no package lacks what it requires, or has it in a wrong version."""
    ran = run(["python", "-m", "pip", "check", "--disable-pip-version-check"], AIRFLOW_UID)
    outcome = Outcome()
    if ran.status == 0:
        outcome.tell("packages", "pip check finds no conflict")
        return outcome
    told = ran.output.strip() or ran.errors.strip() or f"pip check: exit code {ran.status}"
    for line in told.splitlines():
        outcome.fail("packages", line, "pin a version that agrees with the base, then lock again")
    return outcome


def check_entrypoint(entrypoint: list[str], uid: int) -> Outcome:
    """The entrypoint runs Airflow and a shell as a user, and that user may write where Airflow does."""
    outcome = Outcome()
    who = f"uid {uid}, gid {GROUP}"
    version = os.environ.get("AIRFLOW_VERSION", "")
    written = f"/opt/airflow/.written-{uid}"  # each user's own, for they try at the same time
    wanted = {
        "airflow version": (["airflow", "version"], version),
        "bash -c": (
            ["bash", "-c", f"umask 0002; touch {written} && rm {written} && id -u"],
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
        outcome.tell("entrypoint", f"airflow version and bash -c work as {who}")
    return outcome


def check_all(requirements: list[str], entrypoint: list[str]) -> Outcome:
    """All checks of the environment, as many at a time as there are CPUs."""
    with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
        checks = [
            pool.submit(check_entrypoint, entrypoint, AIRFLOW_UID),
            pool.submit(check_entrypoint, entrypoint, STRANGER_UID),
            pool.submit(check_imports, requirements),
            pool.submit(check_environment),
        ]
        outcomes = [check.result() for check in checks]
    whole = Outcome()
    for outcome in outcomes:
        whole.facts += outcome.facts
        whole.findings += outcome.findings
    return whole


def main(wanted_file: str, report_file: str) -> int:
    """Do what is wanted, and write the report; 0 whatever was found."""
    wanted = json.loads(Path(wanted_file).read_text(encoding="utf-8"))
    cut_network()
    outcome = check_all(**wanted["environment"]) if "environment" in wanted else Outcome()
    parsed: dict[str, Any] = {"files": [], "problem": ""}
    if "parse" in wanted:
        parsed = parse_dags(**wanted["parse"])
    report = {"outcome": asdict(outcome), "parsed": parsed}
    Path(report_file).write_text(json.dumps(report, sort_keys=True), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
