"""DAG files parsed once more as a worker does for one task: Airflow names the DAG and the task it wants.

A file that reads these names (``get_parsing_context``) may leave out other DAGs, but not the wanted one.
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
from .dagbag import dag_bag
from .dagfile import cause_of
from .forks import run

SIGNS = (b"get_parsing_context", b"_AIRFLOW_PARSING_CONTEXT")
DAG_ID, TASK_ID = "_AIRFLOW_PARSING_CONTEXT_DAG_ID", "_AIRFLOW_PARSING_CONTEXT_TASK_ID"
MAX_TASKS = 50  # of a DAG with more tasks only the first is tried
NAMED = 5  # tasks that a finding names


def jobs(files: dict[str, dict[str, Any]], root: Path) -> list[str]:
    """Return what to parse once more, each as JSON of [file, DAG id, task id].

    A context in a file of the root's dags/ or scripts/ that has no DAG counts for all.
    """
    others = {
        str(path)
        for tree in ("dags", "scripts")
        for path in (root / tree).rglob("*.py")
        if path.is_file() and not files.get(str(path), {}).get("dags")
    }
    everywhere = any(map(uses_context, sorted(others)))
    selected: list[str] = []
    for path, file in files.items():
        if file.get("dags") and (everywhere or uses_context(path)):
            for dag in file["dags"]:
                tasks = dag["tasks"] if len(dag["tasks"]) <= MAX_TASKS else dag["tasks"][:1]
                selected += [json.dumps([path, dag["id"], task]) for task in tasks]
    return selected


def uses_context(path: str) -> bool:
    """Return whether the code of a file, or of an archive, mentions the parsing context."""
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
        return  # an import of the file reports it


def parse_for(job: str, bundle: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's bundle
    """Return the tasks that a file has by DAG id when it is parsed for one task, and its errors."""
    path, dag_id, task_id = json.loads(job)
    os.environ.update({DAG_ID: dag_id, TASK_ID: task_id})
    watch(Recorder(str(Path(bundle.path).parent)))
    tasks: dict[str, list[str]] = {}

    def keep(dag: Any, error: Exception | None) -> None:  # noqa: ANN401 - Airflow's DAG
        if error is None:
            tasks[dag.dag_id] = sorted(dag.task_dict)

    bag = dag_bag(path, bundle, safe_mode=False, on_dag=keep)
    return {"dags": tasks, "errors": [cause_of(text) for text in bag.import_errors.values()]}


def findings(
    files: dict[str, dict[str, Any]],
    bundle: Any,  # noqa: ANN401 - Airflow's bundle
    seconds: float,
) -> dict[str, list[dict[str, object]]]:
    """Return a finding for each DAG that is missing when a worker parses for it, by the files' paths.

    ``seconds`` limits one parse; all parses together get as much for each file.
    """
    missing: dict[tuple[str, str], list[tuple[str, str]]] = {}
    selected = jobs(files, Path(bundle.path).parent)
    limit = seconds * len(files)
    answers = run(selected, lambda job: parse_for(job, bundle), seconds, total_seconds=limit)
    for job, answer in answers.items():
        path, dag_id, task_id = json.loads(job)
        if "late" in answer:
            files[path]["late"] = True
        if reason := _reason(answer, dag_id, task_id):
            missing.setdefault((path, dag_id), []).append((task_id, reason))
    by_path: dict[str, list[dict[str, object]]] = {}
    for (path, dag_id), tasks in missing.items():
        by_path.setdefault(path, []).append(_finding(files[path], dag_id, tasks))
    return by_path


def _reason(answer: dict[str, Any], dag_id: str, task_id: str) -> str:
    """Return why a task can't be started; empty where it can."""
    if "died" in answer:
        return str(answer["died"])
    if task_id in answer["dags"].get(dag_id, ()):
        return ""
    left_out = "task" if dag_id in answer["dags"] else "DAG"
    return next(iter(answer["errors"]), f"the file leaves the {left_out} out")


def _finding(file: dict[str, Any], dag_id: str, tasks: list[tuple[str, str]]) -> dict[str, object]:
    named = ", ".join(repr(task) for task, _ in tasks[:NAMED])
    more = f" and {len(tasks) - NAMED} more" if len(tasks) > NAMED else ""
    return {
        "check": "dags",
        "file": file["file"],
        "line": next(dag["line"] for dag in file["dags"] if dag["id"] == dag_id),
        "cause": f"DAG {dag_id!r} is missing when a worker parses the file "
        f"for task{'s' * (len(tasks) > 1)} {named}{more}: {tasks[0][1]}",
        "remedy": "define the DAG and the task that get_parsing_context() names, with exactly these ids",
    }
