"""One DAG file, parsed in this process: its DAGs, what is wrong with them, and the errors of the parse.

Only texts that need Airflow's objects are made here; ``ci/checks/dags/judge.py`` compares and judges.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple

from .access import Recorder, watch
from .dag_source import Source, text_of
from .dagbag import dag_bag, is_skipped, round_trip
from .executor_config import faults

# How Python begins a traceback, and what it puts between the errors of a group.
PLAIN = "Traceback (most recent call last):"
GROUP = re.compile(r" *\+ Exception Group Traceback ")
EDGE = re.compile(r" *\+-")


class BaggedDag(NamedTuple):
    """Airflow's own DAG, and the error with which Airflow refused it."""

    dag: Any
    error: Exception | None


def examine(path: str, bundle: Any, *, safe_mode: bool) -> dict[str, Any]:  # noqa: ANN401 - Airflow's bundle
    """Return the answer on a file of a bundle."""
    name = f"dags/{Path(path).relative_to(bundle.path)}"
    recorder = Recorder(str(Path(bundle.path).parent))
    watch(recorder)
    bagged: list[BaggedDag] = []
    started = time.monotonic() - waiting_time()
    bag = dag_bag(
        path, bundle, safe_mode=safe_mode, on_dag=lambda dag, error: bagged.append(BaggedDag(dag, error))
    )
    seconds = time.monotonic() - waiting_time() - started
    recorder.active = False
    source = Source(text_of(path))
    dags = sorted((dag for dag, error in bagged if error is None), key=lambda dag: str(dag.dag_id))
    return {
        "file": name,
        "skipped": is_skipped(path),
        "seconds": seconds,
        "dags": [
            {"id": dag.dag_id, "line": source.line_of(dag.dag_id), "tasks": sorted(dag.task_dict)}
            for dag in dags
        ],
        "errors": errors_of(bag.import_errors.values(), path, source, bagged),
        "findings": [
            *duplicate_ids(dags, name, source),
            *(finding for dag in dags for finding in serialization(dag, name, source)),
            *(finding for dag in dags for finding in executor_configs(dag, name, source)),
        ],
        "accesses": recorder.accesses,
    }


def waiting_time() -> float:
    """Return the seconds that this process was ready while others ran, if the kernel counts them."""
    try:
        return int(Path("/proc/self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0


def line_of(text: str, path: str) -> int:
    """Return the line of a file that a traceback names last, 0 where it names none."""
    lines = re.findall(rf'File "{re.escape(path)}", line (\d+)', text)
    return int(lines[-1]) if lines else 0


def cause_of(text: str) -> str:
    """Return the first line of the error that a traceback ends with; for a group with the errors in it."""
    lines = [line.rstrip() for line in text.split("\n") if line.strip()]  # sources may have other line ends
    starts = [number for number, line in enumerate(lines) if line == PLAIN or GROUP.match(line)]
    if not starts or not GROUP.match(lines[starts[-1]]):
        return _stable(_error_of(lines)).strip()
    parts: list[list[str]] = []  # the group's own, then one per error in it
    for line in lines[starts[-1] :]:
        if GROUP.match(line) or EDGE.match(line):
            parts.append([])
        else:
            parts[-1].append(re.sub(r"^ *\| ?", "", line))
    errors = [_error_of(part) for part in parts if part]
    return _stable(": ".join(dict.fromkeys(errors)) or "unknown")


def _error_of(lines: list[str]) -> str:
    """Return the first line after the last frame that is neither source nor a continued message."""
    frames = [number for number, line in enumerate(lines) if line.startswith('  File "')]
    after = lines[frames[-1] + 1 :] if frames else lines
    errors = (line.splitlines()[0] for line in after if line[:1].strip() and line.split()[0] != "Traceback")
    return next(errors, "unknown")


def errors_of(
    texts: Iterable[str], path: str, source: Source, bagged: list[BaggedDag]
) -> list[dict[str, object]]:
    """Return why a file or its DAGs were refused: kind, cause, line, and the import at that line."""
    errors: list[dict[str, object]] = []
    for text in texts:
        if any(error and text == f"{type(error).__name__}: {error}" for _, error in bagged):
            continue  # added below, with its DAG
        line = line_of(text, path)
        kind, cause = "import", cause_of(text)
        if limit := re.search(r"import timeout for .* after ([\d.]+)s", text):
            kind, cause = "timeout", f"timed out: Airflow gives up a file after {float(limit[1]):g} s"
        statement = source.statement_at(line)
        errors.append({"kind": kind, "cause": cause, "line": line, "statement": statement})
    for dag, error in bagged:
        if error is None:
            continue
        line = source.line_of(dag.dag_id)
        if cycle := cycle_of(dag) if "ycle" in type(error).__name__ else []:
            kind, cause = "cycle", f"DAG {dag.dag_id!r} has a cycle: {' >> '.join(cycle)}"
        else:
            kind, cause = "dag", f"DAG {dag.dag_id!r}: {type(error).__name__}: {error}"
        errors.append({"kind": kind, "cause": cause, "line": line, "statement": ""})
    return errors


def cycle_of(dag: Any) -> list[str]:  # noqa: ANN401 - Airflow's DAG
    """Return the ids of tasks that form a cycle, the first again at the end; empty where there is none."""
    order = TopologicalSorter[str](dict.fromkeys(sorted(dag.task_dict), ()))
    for task_id in sorted(dag.task_dict):
        for after in sorted(dag.task_dict[task_id].downstream_task_ids):
            order.add(after, task_id)
    try:
        order.prepare()
    except CycleError as error:
        return error.args[1]
    return []


def duplicate_ids(dags: list[Any], file: str, source: Source) -> list[dict[str, object]]:
    """Return the ids that several DAGs of a file have, of which Airflow keeps one."""
    counts = Counter(dag.dag_id for dag in {id(dag): dag for dag in dags}.values())
    remedy = "give every DAG a unique id"
    return [
        _finding("dag-ids", file, source.line_of(dag_id), f"has several DAGs with the id {dag_id!r}", remedy)
        for dag_id, count in sorted(counts.items())
        if count > 1
    ]


def serialization(dag: Any, file: str, source: Source) -> list[dict[str, object]]:  # noqa: ANN401
    """Return what a DAG loses on its way through the database."""
    remedy = (
        "use only what JSON can hold in DAG and operators: texts, numbers, lists, dates; "
        "provide a timetable of your own by a plugin of the base"
    )
    try:
        copy = round_trip(dag)
    except Exception as error:  # noqa: BLE001 - whatever it is, the DAG processor would fail with it
        cause = f"DAG {dag.dag_id!r} can't be serialized: {type(error).__name__}: {_short(error)}"
        return [_finding("serialization", file, source.line_of(dag.dag_id), cause, remedy)]
    changes = [
        f"{kind}: {before} became {after}"
        for kind, before, after in (
            ("id", dag.dag_id, copy.dag_id),
            ("tasks", sorted(dag.task_dict), sorted(copy.task_dict)),
            ("edges", _edges(dag), _edges(copy)),
        )
        if before != after
    ]
    if not changes:
        return []
    cause = f"DAG {dag.dag_id!r} isn't the same after serialization: {'; '.join(changes)}"
    return [_finding("serialization", file, source.line_of(dag.dag_id), cause, remedy)]


def _edges(dag: Any) -> list[str]:  # noqa: ANN401
    tasks = dag.task_dict
    return sorted(
        f"{task_id} >> {after}" for task_id in tasks for after in tasks[task_id].downstream_task_ids
    )


def executor_configs(dag: Any, file: str, source: Source) -> list[dict[str, object]]:  # noqa: ANN401
    """Return the faults in the executor_config of a DAG's tasks."""
    findings: list[dict[str, object]] = []
    for task_id in sorted(dag.task_dict):
        config: object = getattr(dag.task_dict[task_id], "executor_config", None) or {}
        for fault, remedy in faults(config):
            cause = f"task {task_id!r} of DAG {dag.dag_id!r}: {_short(fault)}"
            findings.append(_finding("executor-config", file, source.line_of(task_id), cause, remedy))
    return findings


def _short(value: object) -> str:
    return _stable(" ".join(str(value).split()))[:300]


def _stable(text: str) -> str:
    """Return a text without addresses, and without Airflow's prefix of the names of DAG files' modules."""
    return re.sub(r" at 0x[0-9a-f]+|unusual_prefix_[0-9a-f]+_", "", text)


def _finding(check: str, file: str, line: int, cause: str, remedy: str) -> dict[str, object]:
    return {"check": check, "file": file, "line": line, "cause": cause, "remedy": remedy}
