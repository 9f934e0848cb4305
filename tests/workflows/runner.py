"""GitHub as far as a run of a workflow needs it: act runs the jobs on this machine.

act (github.com/nektos/act) reads the workflows and evaluates them; every `daggerw call` in them is really
made. What can't be had here is stood in for at the outermost edge: other people's actions by
tests/workflows/actions, which record what they get, and GitHub's API by tests/workflows/api.py.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
ACTIONS = Path(__file__).with_name("actions")
MODULE = ("setup", "ci", "development", "daggerw", "dagger.json", "pyproject.toml", "uv.lock", "airgap")
SELF = "acme/airflow-images"
VERSION = "v1"
_USES = re.compile(r"uses: (?P<owner>[\w-]+)/(?P<repo>[\w-]+)[\w/-]*@(?P<ref>[\w.]+)")
# Notes each call and what it gives, and gives it on.
_RECORDER = """#!/bin/sh
number=$(mktemp "$RECORDS/calls/XXXXXXXX")
printf '%s\\n' "$*" > "$number"
status=0
"$(dirname "$0")/daggerw-itself" "$@" > "$number.out" || status=$?
cat "$number.out"
echo "$status" > "$number.status"
exit "$status"
"""


@dataclass(frozen=True)
class Call:
    """One `daggerw …` of a run: its arguments, standard output and exit code."""

    arguments: str
    output: str
    status: int


@dataclass(frozen=True)
class Run:
    """A run of a workflow: whether it succeeded, its log, and the folder of what was recorded."""

    passed: bool
    log: str
    records: Path

    @property
    def calls(self) -> list[Call]:
        """Every call that was made, in the order of their arguments."""
        files = [each for each in (self.records / "calls").iterdir() if not each.suffix]
        found = [
            Call(
                each.read_text().strip(),
                each.with_suffix(".out").read_text(),
                int(each.with_suffix(".status").read_text()),
            )
            for each in files
        ]
        return sorted(found, key=lambda call: call.arguments)

    def made(self, words: str) -> list[Call]:
        """Return the calls that have those words in their arguments."""
        return [call for call in self.calls if words in call.arguments]

    @property
    def faults(self) -> str:
        """The log without what shows that something goes on."""
        noise = re.compile(r"\|( ▶ .*| )?$|LocalRepository")
        lines = [line for line in self.log.splitlines() if not noise.search(line)]
        return "\n".join(lines)[-30000:]

    @property
    def summary(self) -> str:
        """What the jobs wrote to the summary of the run, the plan's first."""
        file = self.records / "summary"
        return file.read_text() if file.exists() else ""

    @property
    def attested(self) -> list[str]:
        """References that GitHub would have attested."""
        file = self.records / "attested"
        return sorted(file.read_text().split()) if file.exists() else []

    @property
    def uploaded(self) -> list[str]:
        """Categories under which findings were uploaded."""
        file = self.records / "sarif"
        return sorted(file.read_text().split()) if file.exists() else []


class Runner:
    """Runs workflows of one repository.

    Args:
        repository: a git working tree.
        scratch: a folder for what runs leave.
        environment: of the jobs: how they reach the engine.
    """

    def __init__(self, repository: Path, scratch: Path, environment: Mapping[str, str]) -> None:
        """Make a copy of the module as GitHub would hand it to a job."""
        self.repository = repository
        self.runs: list[Run] = []
        self._scratch = scratch
        self._environment = environment
        self._act = _act()
        self._module = scratch / "module"
        for name in MODULE:
            place = PROJECT / name
            if place.is_dir():
                shutil.copytree(place, self._module / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                self._module.mkdir(parents=True, exist_ok=True)
                shutil.copy2(place, self._module / name)
        (self._module / "daggerw").rename(self._module / "daggerw-itself")
        (self._module / "daggerw").write_text(_RECORDER)
        (self._module / "daggerw").chmod(0o755)
        copied = shutil.copytree(PROJECT / ".github" / "workflows", self._module / ".github" / "workflows")
        for file in copied.iterdir():
            file.write_text(_for_act(file.read_text()))

    def run(
        self,
        event: str,
        payload: Mapping[str, Any],
        *,
        workflow: str = "images.yml",
        secrets: Mapping[str, str] | None = None,
    ) -> Run:
        """Run a workflow of the repository for an event.

        Args:
            event: its name, such as push.
            payload: what GitHub's file of it holds.
            workflow: file below .github/workflows.
            secrets: the repository's.
        """
        records = self._scratch / f"run{len(self.runs)}"
        (records / "calls").mkdir(parents=True)
        file = records / "event.json"
        file.write_text(json.dumps(payload))
        secret_file = records / "secrets"
        secret_file.write_text(
            "".join(f"{name}={json.dumps(value)}\n" for name, value in (secrets or {}).items())
        )
        command = [self._act, event, "--workflows", f".github/workflows/{workflow}", "--eventpath", file]
        command += [
            "--platform",
            "ubuntu-latest=-self-hosted",
            "--secret-file",
            secret_file,
            "--no-cache-server",
        ]
        command += ["--actor", "somebody", "--env", f"RECORDS={records}"]
        for name, folder in self._stand_ins():
            command += ["--local-repository", f"{name}={folder}"]
        environment = {**os.environ, **self._environment, "XDG_CACHE_HOME": str(self._scratch / "act")}
        done = subprocess.run(
            command, cwd=self.repository, env=environment, capture_output=True, text=True, check=False
        )
        secret_file.unlink()
        self.runs.append(Run(done.returncode == 0, done.stdout + done.stderr, records))
        return self.runs[-1]

    def _stand_ins(self) -> list[tuple[str, Path]]:
        found = {(f"{SELF}@{VERSION}", self._module)}
        for file in [*(PROJECT / ".github" / "workflows").iterdir(), PROJECT / "setup" / "action.yml"]:
            for uses in _USES.finditer(file.read_text()):
                folder = ACTIONS / uses["owner"] / uses["repo"]
                found.add((f"{uses['owner']}/{uses['repo']}@{uses['ref']}", folder))
        return sorted(found)


def _for_act(workflow: str) -> str:
    """Return a workflow as act can run it."""
    # It knows nothing yet of a path from the workflow's own repository.
    text = workflow.replace("uses: $/setup\n", f"uses: {SELF}/setup@{VERSION}\n")
    # It keeps no summary.
    text = text.replace('"$GITHUB_STEP_SUMMARY"', '"$RECORDS/summary"')
    # Its parallel jobs write one map of secrets at once, and crash at times.
    return text.replace("      fail-fast: false\n", "      fail-fast: false\n      max-parallel: 1\n")


def _act() -> str:
    """Return the program: from PATH, or else made by airgap."""
    there = shutil.which("act")
    if there:
        return there
    told = subprocess.run(
        [sys.executable, "-m", "airgap", "tool", "act"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip()
