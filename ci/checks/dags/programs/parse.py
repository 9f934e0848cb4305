"""Parse a folder's DAG files with the Airflow this runs under, each in a process of its own.

    parse.py worker|scheduler 2.0      the second is the seconds that a file may take

As a worker: as Airflow's task runner finds a task. As a scheduler: as its DAG processor does, in safe mode.
Where the image names no database, Airflow's own is an empty SQLite file: ``access.py`` answers in its place.
A worker parses once more for each task, where a file asks what it is parsed for (``contexts.py``).
The last line of output is JSON: {"files": […], "problem": ""}; a file is as ``dagfile.examined`` tells, with
"died" where its process ended without an answer, and "slow".
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import contexts
from .dagbag import bag_of, bundle, python_files, round_trip, skipped
from .dagfile import examined
from .forks import run

SECONDS = 60  # Airflow gives up a file at 30 by itself; this is for what it can't interrupt
TRIES = 3
HOPELESS = 3  # times the seconds that a file may take: more is not the machine's fault
WARM = "from airflow.sdk import DAG\n\nwith DAG('warm'):\n    pass\n"


def warmed() -> Any:  # noqa: ANN401 - Airflow's bundle
    """Airflow with all that it imports and reads for a first DAG, so that no file's time holds it.

    The bundle of the DAGs' folder is given back.
    """
    parts = bundle()
    bagged: list[Any] = []
    for module in ("airflow.models.variable", "airflow.models.connection"):
        importlib.import_module(module)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "warm.py")
        file.write_text(WARM, encoding="utf-8")
        bag_of(str(file), Elsewhere(folder), safe_mode=False, bagged=lambda dag, _: bagged.append(dag))
    sys.path.remove(folder)
    for dag in bagged:
        round_trip(dag)
    return parts


class Elsewhere:
    """A bundle of another folder."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)


def parsed(
    paths: list[str],
    parts: Any,  # noqa: ANN401 - Airflow's bundle
    seconds: float,
    *,
    safe_mode: bool,
) -> list[dict[str, Any]]:
    """What is to be known of each file; a slow one gets other tries, for it may have been the machine."""

    def work(path: str) -> dict[str, Any]:
        return examined(path, parts, safe_mode=safe_mode)

    found = run(paths, work, SECONDS)
    took = {path: 0.0 if _gave_up(each) else each.get("seconds", 0.0) for path, each in found.items()}
    for _ in range(TRIES - 1):
        slow = [path for path in paths if seconds < took[path] <= HOPELESS * seconds]
        for path, each in run(slow, work, SECONDS, workers=1).items():
            took[path] = min(took[path], each.get("seconds", took[path]))
    told: dict[str, dict[str, Any]] = {}
    for path in paths:
        each = {name: value for name, value in found[path].items() if name != "seconds"}
        each.setdefault("file", f"dags/{Path(path).relative_to(parts.path)}")
        each.setdefault("skipped", skipped(path))
        told[path] = {**each, "slow": took[path] > seconds}
    if not safe_mode:
        for path, findings in contexts.findings(told, parts, SECONDS).items():
            told[path]["findings"] = [*told[path]["findings"], *findings]
    return list(told.values())


def _gave_up(told: dict[str, Any]) -> bool:
    """Whether Airflow's own limit ended the parse, which says already that it is slow."""
    return any(error["kind"] == "timeout" for error in told.get("errors", ()))


def main(arguments: list[str]) -> int:
    """Parse, and print what is to be known; 0 whatever it is."""
    role, seconds = arguments
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "client"  # as Airflow marks processes that run a user's code
    try:
        parts = warmed()
        paths = python_files(Path(parts.path))
        files = parsed(paths, parts, float(seconds), safe_mode=role == "scheduler")
        problem = ""
    except Exception as error:  # noqa: BLE001 - the image's own Airflow is at fault, whatever it says
        files, problem = [], f"{type(error).__name__}: {error}"
    sys.stdout.write("\n" + json.dumps({"files": files, "problem": problem}, sort_keys=True) + "\n")
    return 0
