"""What the measurements share: a copy of the project, an engine of its own, edits, and a table."""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PATTERN = "salesforce"
PORT = "5055"  # of the engine's own registry
REGISTRY = f"127.0.0.1:{PORT}"
# The vulnerability database there: small, but reading an image and matching it take what they take.
DATABASE = ("--database", f"{REGISTRY}/airflow-images/test-advisories:2")
GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@localhost")
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis"
)


class Engine:
    """The copy of the project and the engine of its own; ``output`` and ``errors`` are the last command's."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.output, self.errors = "", ""
        self._env = {**os.environ, "AIRGAP_INSTANCE": "bench", "AIRGAP_PORT": PORT, "DAGGERW": "running"}

    def run(self, *command: str, status: int = 0) -> float:
        """Seconds that a command takes; ends the program with its output where its exit code is another."""
        start = time.monotonic()
        self._done(command, status)
        return time.monotonic() - start

    def said(self, *command: str) -> str:
        """Return the standard output of a command."""
        return self._done(command, 0)

    def _done(self, command: tuple[str, ...], status: int) -> str:
        done = subprocess.run(
            command, cwd=self.project, env=self._env, capture_output=True, text=True, check=False
        )
        self.output, self.errors = done.stdout, done.stderr
        if done.returncode != status:
            sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr[-3000:]}")
        return done.stdout

    def airgap(self, *arguments: str) -> float:
        """Run airgap."""
        return self.run(sys.executable, "-m", "airgap", *arguments)


@contextmanager
def running() -> Generator[Engine]:
    """Yield an engine of its own for a copy of the project; remove both afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "project")
        shutil.copytree(PROJECT, project, ignore=LEFT_OUT)
        engine = Engine(project)
        try:
            yield engine
        finally:
            engine.airgap("clean")


def edit(dag_file: Path, number: int) -> None:
    """Add a comment to a DAG file."""
    with dag_file.open("a", encoding="utf-8") as file:
        file.write(f"# edit {number} of {time.time_ns()}\n")


def make_types(project: Path, count: int) -> list[str]:
    """Replace the DAG types of a project by copies of one, with DAG ids of their own; their names."""
    found = [f"t{number:02}" for number in range(1, count + 1)]
    for name in found:
        shutil.copytree(project / "images" / PATTERN, project / "images" / name)
        shutil.copytree(project / "dags" / PATTERN, project / "dags" / name)
        file = project / "images" / name / "pyproject.toml"
        text = re.sub(
            r"^name = .*$", f'name = "{name}"', file.read_text(encoding="utf-8"), flags=re.MULTILINE
        )
        file.write_text(text, encoding="utf-8")
        for code in (project / "dags" / name).rglob("*.py"):
            text = code.read_text(encoding="utf-8").replace(f'"{PATTERN}_extraction"', f'"{name}_extraction"')
            code.write_text(text, encoding="utf-8")
    for tree in ("images", "dags"):
        for folder in (project / tree).iterdir():
            if folder.is_dir() and folder.name not in found:
                shutil.rmtree(folder)
    return found


def show(results: dict[str, list[float]]) -> None:
    """Print a table of seconds, by case."""
    print(f"{'case':<16}{'runs':>5}{'min s':>9}{'median s':>10}{'max s':>9}")
    for case, seconds in results.items():
        middle = statistics.median(seconds)
        print(f"{case:<16}{len(seconds):>5}{min(seconds):>9.2f}{middle:>10.2f}{max(seconds):>9.2f}")
