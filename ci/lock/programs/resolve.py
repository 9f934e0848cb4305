"""Resolve a DAG type's requirements by uv with the base's versions fixed, or find out why that fails.

    python -m programs.resolve lock|explain|outdated JOB.json ANSWER

Run in a folder that has nothing but the present lock, if any. ci/lock/request.py writes JOB.json; ANSWER is
written as JSON: by ``lock`` as {"lock": its text, "build": the answer of builds.py}, by ``explain`` and
``outdated`` as the facts for ci/lock/conflicts.py and ci/lock/outdated.py. ``lock`` ends with uv's exit code,
or with NOT_BUILT where a package can't be built.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .available import outdated
from .builds import BuildError, builds
from .job import Job
from .minimal_conflict import explain
from .solver import Resolution, Solver, parse, pyproject

LOCK = "pylock.toml"
NOT_BUILT = 64  # an exit code that uv doesn't have
SECONDS = 120  # for a run of uv that explains: longer than any that succeeds


def lock_command(job: Job, folder: Path) -> list[str]:
    """Return the command that resolves pyproject.toml into the lock; the folder gets its constraints."""
    fixed = folder / "constraints.txt"
    fixed.write_text(_lines(job.fixed), encoding="utf-8")
    command = [*job.uv, "pip", "compile", "pyproject.toml", *job.target, "--constraints", str(fixed)]
    command += ["--format", LOCK, "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    command += ["--preview-features", "pylock", "--output-file", LOCK]
    for name in job.upgrade_packages:
        command += ["--upgrade-package", name]
    for name in job.installed:
        command += ["--no-emit-package", name]
    return command


def lock(job: Job, answer: Path) -> int:
    """Resolve into a lock, write the answer, and return the exit code."""
    present = _present_build()
    tables = {"project": job.project, "dependency-groups": job.groups, "tool.uv": job.settings}
    Path("pyproject.toml").write_text(pyproject(tables), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        code = subprocess.run(lock_command(job, Path(folder)), check=False).returncode  # noqa: S603
    if code:
        return code
    text = Path(LOCK).read_text(encoding="utf-8")
    try:
        content = {"lock": text, "build": builds(job, text, present, Path.cwd())}
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return NOT_BUILT
    answer.write_text(json.dumps(content), encoding="utf-8")
    return 0


def _present_build() -> dict[str, Any]:
    """Return what builds packages of the present lock; none where there is no lock, or it is broken."""
    try:
        return dict(tomllib.loads(Path(LOCK).read_text(encoding="utf-8"))["tool"]["airflow-images"]["build"])
    except (OSError, KeyError, ValueError, TypeError):
        return {}


def solver(job: Job, folder: Path) -> Solver:
    """Return a function that runs uv over any requirements, under the type's own [tool.uv]."""

    def run(
        requirements: Sequence[str],
        fixed: Mapping[str, str],
        preferred: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Resolution:
        project = {"name": job.root, "version": "0", "dependencies": list(requirements)}
        text = pyproject({"project": project, "dependency-groups": job.groups, "tool.uv": job.settings})
        (folder / "pyproject.toml").write_text(text, encoding="utf-8")
        (folder / "fixed.txt").write_text(_lines(fixed), encoding="utf-8")
        (folder / "solved.txt").write_text(_lines(preferred or {}), encoding="utf-8")
        command = [*job.uv, "pip", "compile", "pyproject.toml", *job.target, "--constraints", "fixed.txt"]
        command += ["--output-file", "solved.txt", "--no-header", "--annotation-style", "line", "--quiet"]
        command += ["--no-strip-extras", *options]
        try:
            done = subprocess.run(  # noqa: S603
                command, cwd=folder, check=False, capture_output=True, text=True, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            return Resolution(message=f"uv took more than {SECONDS} s")
        if done.returncode:
            return Resolution(message=done.stderr)
        return parse((folder / "solved.txt").read_text(encoding="utf-8"))

    return run


def _lines(pins: Mapping[str, str]) -> str:
    return "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()))


def main(verb: str, job: Job, answer: Path) -> int:
    """Carry out one of the verbs, and return the exit code."""
    if verb == "lock":
        return lock(job, answer)
    facts: dict[str, Callable[[Solver, Job], dict[str, Any]]] = {"explain": explain, "outdated": outdated}
    answer.write_text(json.dumps(facts[verb](solver(job, Path.cwd()), job)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    _, _verb, _job, _answer = sys.argv
    sys.exit(main(_verb, Job(**json.loads(Path(_job).read_text(encoding="utf-8"))), Path(_answer)))
