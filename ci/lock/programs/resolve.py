"""A DAG type's requirements resolved by uv, with what the base has held; and why where that can't be done.

    python -m programs.resolve lock|explain|outdated JOB.json ANSWER

Runs in a folder of its own, with the present lock in it where there is one. JOB.json is what
ci/lock/request.py writes.
``lock`` leaves pylock.toml in the folder ANSWER and ends as uv does; ``explain`` and ``outdated`` write their
facts as JSON into the file ANSWER, as ci/dependencies/ reads them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .available import outdated
from .culprits import Job, explain
from .solver import Outcome, Solver, pyproject, versions

LOCK = "pylock.toml"
SECONDS = 120  # a run of uv that explains: longer than any that ends well


def lock_command(job: Job, folder: Path) -> list[str]:
    """The command that resolves pyproject.toml here into the lock here; a folder takes what it holds."""
    held = folder / "constraints.txt"
    held.write_text(_lines(job.held), encoding="utf-8")
    command = [*job.uv, "pip", "compile", "pyproject.toml", *job.target, "--constraints", str(held)]
    command += ["--format", LOCK, "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    command += ["--preview-features", "pylock", "--output-file", LOCK]
    for name in job.upgrade_packages:
        command += ["--upgrade-package", name]
    for name in job.installed:
        command += ["--no-emit-package", name]
    return command


def lock(job: Job, folder: Path) -> int:
    """Resolve into the lock in a folder; uv's exit code, what it says goes where it always does."""
    tables = {"project": job.project, "dependency-groups": job.groups, "tool.uv": job.settings}
    Path("pyproject.toml").write_text(pyproject(tables), encoding="utf-8")
    code = subprocess.run(lock_command(job, folder), check=False).returncode  # noqa: S603
    if code == 0:
        (folder / LOCK).write_text(Path(LOCK).read_text(encoding="utf-8"), encoding="utf-8")
    return code


def solver(job: Job, folder: Path) -> Solver:
    """The runs of uv that explain, each over requirements of its own under the type's own [tool.uv]."""

    def run(
        requirements: Sequence[str],
        held: Mapping[str, str],
        preferred: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Outcome:
        project = {"name": job.root, "version": "0", "dependencies": list(requirements)}
        text = pyproject({"project": project, "dependency-groups": job.groups, "tool.uv": job.settings})
        (folder / "pyproject.toml").write_text(text, encoding="utf-8")
        (folder / "held.txt").write_text(_lines(held), encoding="utf-8")
        (folder / "solved.txt").write_text(_lines(preferred or {}), encoding="utf-8")
        command = [*job.uv, "pip", "compile", "pyproject.toml", *job.target, "--constraints", "held.txt"]
        command += ["--output-file", "solved.txt", "--no-header", "--annotation-style", "line", "--quiet"]
        command += ["--no-strip-extras", *options]
        try:
            done = subprocess.run(  # noqa: S603
                command, cwd=folder, check=False, capture_output=True, text=True, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            return Outcome(said=f"uv found nothing in {SECONDS} s")
        if done.returncode:
            return Outcome(said=done.stderr)
        return versions((folder / "solved.txt").read_text(encoding="utf-8"))

    return run


def _lines(pins: Mapping[str, str]) -> str:
    return "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()))


def main(verb: str, job: Job, answer: Path) -> int:
    """One of the verbs; the exit code."""
    if verb == "lock":
        return lock(job, answer)
    facts: dict[str, Callable[[Solver, Job], dict[str, Any]]] = {"explain": explain, "outdated": outdated}
    found = facts[verb](solver(job, Path.cwd()), job)
    answer.write_text(json.dumps(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    _, _verb, _job, _answer = sys.argv
    sys.exit(main(_verb, Job(**json.loads(Path(_job).read_text(encoding="utf-8"))), Path(_answer)))
