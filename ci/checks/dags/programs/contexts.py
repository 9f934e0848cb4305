"""DAG files parsed once more as a worker does for one task: Airflow tells a file which DAG and task it wants.

A file that asks for that (``get_parsing_context``) may leave out other DAGs; it must not leave out this one.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .access import Recorder, watch
from .dagbag import bag_of
from .dagfile import cause_of
from .forks import run

SIGNS = (b"get_parsing_context", b"_AIRFLOW_PARSING_CONTEXT")
DAG_ID, TASK_ID = "_AIRFLOW_PARSING_CONTEXT_DAG_ID", "_AIRFLOW_PARSING_CONTEXT_TASK_ID"
MANY = 50  # tasks of a DAG; of one with more, the first stands for all


def wanted(files: dict[str, dict[str, Any]], root: Path) -> list[str]:
    """What is to be parsed once more: JSON of [file, DAG id, task id] each.

    Args:
        files: what is known of the DAG files, by their paths.
        root: the folder that holds dags/ and scripts/; code there that is no DAG file speaks for all files.
    """
    others = {
        str(path)
        for tree in ("dags", "scripts")
        for path in (root / tree).rglob("*.py")
        if path.is_file() and not files.get(str(path), {}).get("dags")
    }
    everywhere = any(map(asks, sorted(others)))
    jobs: list[str] = []
    for path, told in files.items():
        if told.get("dags") and (everywhere or asks(path)):
            for dag in told["dags"]:
                tasks = dag["tasks"] if len(dag["tasks"]) <= MANY else dag["tasks"][:1]
                jobs += [json.dumps([path, dag["id"], task]) for task in tasks]
    return jobs


def asks(path: str) -> bool:
    """Whether the code of a file, or of an archive, mentions what it is parsed for."""
    return any(sign in text for text in _texts(path) for sign in SIGNS)


def _texts(path: str) -> Iterator[bytes]:
    try:
        if not zipfile.is_zipfile(path):
            yield Path(path).read_bytes()
            return
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield archive.read(name)
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return  # whoever imports it is told


def parsed_for(job: str, parts: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's bundle
    """The tasks that a file has when it is parsed for one, by DAG id, and why it failed, if it did."""
    path, dag_id, task_id = json.loads(job)
    os.environ.update({DAG_ID: dag_id, TASK_ID: task_id})
    watch(Recorder(str(Path(parts.path).parent)))
    found: dict[str, list[str]] = {}

    def keep(dag: Any, error: Exception | None) -> None:  # noqa: ANN401 - Airflow's DAG
        if error is None:
            found[dag.dag_id] = sorted(dag.task_dict)

    bag = bag_of(path, parts, safe_mode=False, bagged=keep)
    return {"dags": found, "errors": [cause_of(text) for text in bag.import_errors.values()]}


def findings(
    files: dict[str, dict[str, Any]],
    parts: Any,  # noqa: ANN401 - Airflow's bundle
    seconds: float,
) -> dict[str, list[dict[str, object]]]:
    """What isn't there when a worker parses for it, by the files' paths: one finding for each DAG.

    Args:
        files: what is known of the DAG files, by their paths.
        parts: the bundle they are in.
        seconds: how long one parse may take, and for each file all of its.
    """

    def work(job: str) -> dict[str, Any]:
        return parsed_for(job, parts)

    jobs = wanted(files, Path(parts.path).parent)
    lost: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for job, told in run(jobs, work, seconds, together=seconds * len(files)).items():
        path, dag_id, task_id = json.loads(job)
        if why := _why(told, dag_id, task_id):
            lost.setdefault((path, dag_id), []).append((task_id, why))
    found: dict[str, list[dict[str, object]]] = {}
    for (path, dag_id), tasks in lost.items():
        found.setdefault(path, []).append(_finding(files[path], dag_id, tasks))
    return found


def _why(told: dict[str, Any], dag_id: str, task_id: str) -> str:
    """Why a task can't be started; empty where it can."""
    if "died" in told:
        return str(told["died"])
    if task_id in told["dags"].get(dag_id, ()):
        return ""
    return next(iter(told["errors"]), "the task is left out" if dag_id in told["dags"] else "it is left out")


def _finding(told: dict[str, Any], dag_id: str, tasks: list[tuple[str, str]]) -> dict[str, object]:
    named = ", ".join(repr(task) for task, _ in tasks[:5])
    more = f" and {len(tasks) - 5} more" if len(tasks) > 5 else ""
    return {
        "check": "dags",
        "file": told["file"],
        "line": next(dag["line"] for dag in told["dags"] if dag["id"] == dag_id),
        "cause": f"DAG {dag_id!r} is not there when a worker parses for it, "
        f"for task{'s' * (len(tasks) > 1)} {named}{more}: {tasks[0][1]}",
        "remedy": "make the DAG and the task that get_parsing_context() names, with exactly these ids",
    }
