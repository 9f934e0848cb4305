"""Time `dagger call build` as a user meets it: whole commands, on an engine that airgap runs.

    python3 bench/build.py [--dag salesforce] [--runs 5]

Three cases, each a whole `./daggerw call build`, module loading included:

cold        an engine with empty state; the module is loaded first, the images are in the local registry
unchanged   the same call again
edited      one DAG file edited before each call

It works in a copy of the project, on an engine of its own (AIRGAP_INSTANCE=bench) that it removes at the end.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).parents[1]
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis"
)


class Engine:
    """The copy of the project and the engine of its own."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self._env = {**os.environ, "AIRGAP_INSTANCE": "bench", "DAGGERW": "running"}

    def run(self, *command: str) -> float:
        """Seconds that a command takes; ends the program with its output where it fails."""
        start = time.monotonic()
        done = subprocess.run(
            command, cwd=self.project, env=self._env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr[-3000:]}")
        return time.monotonic() - start

    def airgap(self, *arguments: str) -> float:
        """Run airgap."""
        return self.run(sys.executable, "-m", "airgap", *arguments)


def edit(dag_file: Path, number: int) -> None:
    """Add a comment to a DAG file."""
    with dag_file.open("a", encoding="utf-8") as file:
        file.write(f"# edit {number} of {time.time_ns()}\n")


def measure(engine: Engine, dag: str, runs: int) -> dict[str, list[float]]:
    """Seconds of each run, by case."""
    build = ("./daggerw", "call", "build", "--dag", dag)
    engine.airgap("up")
    engine.run("./daggerw", "functions")
    cold = engine.run(*build)
    unchanged = [engine.run(*build) for _ in range(runs)]
    dag_file = min((engine.project / "dags" / dag).rglob("*.py"))
    edited: list[float] = []
    for number in range(runs):
        edit(dag_file, number)
        edited.append(engine.run(*build))
    return {"cold": [cold], "unchanged": unchanged, "edited": edited}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dag", default="salesforce")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "project")
        shutil.copytree(PROJECT, project, ignore=LEFT_OUT)
        engine = Engine(project)
        try:
            results = measure(engine, given.dag, given.runs)
        finally:
            engine.airgap("clean")
    print(f"{'case':<12}{'runs':>5}{'min s':>9}{'median s':>10}{'max s':>9}")
    for case, seconds in results.items():
        middle = statistics.median(seconds)
        print(f"{case:<12}{len(seconds):>5}{min(seconds):>9.2f}{middle:>10.2f}{max(seconds):>9.2f}")


if __name__ == "__main__":
    main()
