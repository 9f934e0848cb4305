"""Parse a folder's DAG files with the installed Airflow, each in a process of its own.

    parse.py worker|scheduler 2.0      the second is the limit of parse seconds per file

As a worker: as Airflow's task runner finds a task. As a scheduler: as its DAG processor does, in safe mode.
Where the image names no database, Airflow's default is an empty SQLite file: ``access.py`` answers instead.
A worker parses once more for each task where a file uses its parsing context (``contexts.py``).
The last line of output is JSON: {"files": […], "problem": ""}; a file is the dictionary that
``dagfile.examine`` returns, with "slow", and with "died" where its process ended without an answer.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from . import contexts
from .dagbag import dag_bag, dags_bundle, is_skipped, list_python_files, round_trip
from .dagfile import examine
from .forks import run

SECONDS = 60  # Airflow itself gives up a file after 30; this is for what it can't interrupt
TRIES = 3
HOPELESS = 3  # times the limit of a file: a longer time can't be the machine's fault
WARM = "from airflow.sdk import DAG\n\nwith DAG('warm'):\n    pass\n"


class FolderBundle:
    """A bundle of another folder."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)


def warm_up() -> Any:  # noqa: ANN401 - Airflow's bundle
    """Load what Airflow needs for a first DAG, outside any file's time, and return the DAGs' bundle."""
    bundle = dags_bundle()
    dags: list[Any] = []
    for module in ("airflow.models.variable", "airflow.models.connection"):
        importlib.import_module(module)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "warm.py")
        file.write_text(WARM, encoding="utf-8")
        dag_bag(str(file), FolderBundle(folder), safe_mode=False, on_dag=lambda dag, _: dags.append(dag))
    sys.path.remove(folder)
    for dag in dags:
        round_trip(dag)
    return bundle


def parse_files(
    paths: list[str],
    bundle: Any,  # noqa: ANN401 - Airflow's bundle
    seconds: float,
    *,
    safe_mode: bool,
) -> list[dict[str, Any]]:
    """Return the answer on each file; a slow one is tried again, as the machine may have been busy."""
    work = partial(examine, bundle=bundle, safe_mode=safe_mode)
    answers = run(paths, work, SECONDS)
    times = {path: 0.0 if _timed_out(answers[path]) else answers[path].get("seconds", 0.0) for path in paths}
    for _ in range(TRIES - 1):
        slow = [path for path in paths if seconds < times[path] <= HOPELESS * seconds]
        for path, answer in run(slow, work, SECONDS, workers=1).items():
            times[path] = min(times[path], answer.get("seconds", times[path]))
    files: dict[str, dict[str, Any]] = {}
    for path in paths:
        answers[path].pop("seconds", None)
        named = {"file": f"dags/{Path(path).relative_to(bundle.path)}", "skipped": is_skipped(path)}
        files[path] = {**named, **answers[path], "slow": times[path] > seconds}
    if not safe_mode:
        for path, findings in contexts.findings(files, bundle, SECONDS).items():
            files[path]["findings"] = [*files[path]["findings"], *findings]
    return list(files.values())


def _timed_out(answer: dict[str, Any]) -> bool:
    """Return whether Airflow's own limit ended the parse, which is an error already."""
    return any(error["kind"] == "timeout" for error in answer.get("errors", ()))


def main(arguments: list[str]) -> int:
    """Parse, and print the answer; the exit code is always 0."""
    role, seconds = arguments
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "client"  # as Airflow marks processes that run a user's code
    try:
        bundle = warm_up()
        paths = list_python_files(Path(bundle.path))
        files = parse_files(paths, bundle, float(seconds), safe_mode=role == "scheduler")
        problem = ""
    except Exception as error:  # noqa: BLE001 - the image's own Airflow may raise anything
        files, problem = [], f"{type(error).__name__}: {error}"
    sys.stdout.write("\n" + json.dumps({"files": files, "problem": problem}, sort_keys=True) + "\n")
    return 0
