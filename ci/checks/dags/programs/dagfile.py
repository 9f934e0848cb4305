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

from .access import MADE_UP, TREES, MadeUpValues, Recorder, watch
from .clock import waiting_time
from .dag_source import Source, text_of
from .dagbag import dag_bag, is_skipped, round_trip
from .executor_config import faults

# How Python begins a traceback, and what it puts between the errors of a group.
PLAIN = "Traceback (most recent call last):"
GROUP = re.compile(r" *\+ Exception Group Traceback ")
EDGE = re.compile(r" *\+-")
CHAINS = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
MESSAGE = 600  # characters of a message of several lines


class BaggedDag(NamedTuple):
    """Airflow's own DAG, and the error with which Airflow refused it."""

    dag: Any
    error: Exception | None


def examine(
    path: str,
    bundle: Any,  # noqa: ANN401 - Airflow's bundle
    *,
    safe_mode: bool,
    made_up: MadeUpValues = MADE_UP[0],
) -> dict[str, Any]:
    """Return the answer on a file of a bundle, with these answers to its accesses."""
    name = f"dags/{Path(path).relative_to(bundle.path)}"
    root = str(Path(bundle.path).parent)
    recorder = Recorder(root, made_up)
    watch(recorder)
    bagged: list[BaggedDag] = []
    started, waited = time.monotonic(), waiting_time()
    bag = dag_bag(
        path, bundle, safe_mode=safe_mode, on_dag=lambda dag, error: bagged.append(BaggedDag(dag, error))
    )
    waited = waiting_time() - waited
    seconds = time.monotonic() - started - waited
    recorder.active = False
    source = Source(text_of(path))
    dags = sorted((dag for dag, error in bagged if error is None), key=lambda dag: str(dag.dag_id))
    return {
        "file": name,
        "skipped": is_skipped(path),
        "seconds": seconds,
        "waited": waited,
        "dags": [
            {"id": plain(dag.dag_id), "line": source.line_of(plain(dag.dag_id)), "tasks": task_ids(dag)}
            for dag in dags
        ],
        "errors": errors_of(bag.import_errors.values(), path, source, bagged, root),
        "findings": [
            *duplicate_ids(dags, name, source),
            *(finding for dag in dags for finding in serialization(dag, name, source)),
            *(finding for dag in dags for finding in executor_configs(dag, name, source)),
        ],
        "accesses": recorder.accesses,
    }


def plain(name: str) -> str:
    """Return an id as Airflow compares, stores and shows it: an enum's member as its value."""
    return str.__str__(name)


def task_ids(dag: Any) -> list[str]:  # noqa: ANN401 - Airflow's DAG
    """Return the ids of a DAG's tasks, sorted."""
    return sorted(map(plain, dag.task_dict))


def line_of(text: str, path: str) -> int:
    """Return the line of a file that a traceback names last, 0 where it names none."""
    lines = re.findall(rf'File "{re.escape(path)}", line (\d+)', text)
    return int(lines[-1]) if lines else 0


def cause_of(text: str) -> str:
    """Return the error that a traceback ends with, in one line; for a group with the errors in it."""
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
    """Return the error after the last frame and its source; a message of several lines in one."""
    frames = [number for number, line in enumerate(lines) if line.startswith('  File "')]
    after = lines[frames[-1] + 1 :] if frames else lines
    after = after[max((number + 1 for number, line in enumerate(after) if line in CHAINS), default=0) :]
    starts = (n for n, line in enumerate(after) if line[:1].strip() and line.split()[0] != "Traceback")
    start = next(starts, None)
    if start is None:
        return "unknown"
    words = " ".join(after[start:]).split()
    first = len(after[start].split())
    text = " ".join(words[:first])
    for word in words[first:]:
        if len(text) + len(word) > MESSAGE:
            return f"{text} …"
        text += f" {word}"
    return text


def errors_of(
    texts: Iterable[str], path: str, source: Source, bagged: list[BaggedDag], root: str = ""
) -> list[dict[str, object]]:
    """Return why a file or its DAGs were refused: kind, cause, line, and the import at that line.

    ``decided`` are errors that the type's own code raises under a condition, below a root.
    """
    errors: list[dict[str, object]] = []
    for text in texts:
        if any(error and text == f"{type(error).__name__}: {error}" for _, error in bagged):
            continue  # added below, with its DAG
        line = line_of(text, path)
        kind, cause = "import", cause_of(text)
        if limit := re.search(r"import timeout for .* after ([\d.]+)s", text):
            kind, cause = "timeout", f"timed out: Airflow gives up a file after {float(limit[1]):g} s"
        statement = source.statement_at(line)
        decided = decides(text, root)
        errors.append(
            {"kind": kind, "cause": cause, "line": line, "statement": statement, "decided": decided}
        )
    for dag, error in bagged:
        if error is None:
            continue
        dag_id = plain(dag.dag_id)
        line = source.line_of(dag_id)
        if cycle := cycle_of(dag) if "ycle" in type(error).__name__ else []:
            kind, cause = "cycle", f"DAG {dag_id!r} has a cycle: {' >> '.join(cycle)}"
        else:
            kind, cause = "dag", f"DAG {dag_id!r}: {type(error).__name__}: {error}"
        errors.append({"kind": kind, "cause": cause, "line": line, "statement": "", "decided": False})
    return errors


def decides(text: str, root: str) -> bool:
    """Return whether a traceback ends in a `raise` or `assert` under a condition of the type's own code."""
    frames = re.findall(r'File "([^"]+)", line (\d+)', text)
    file, line = frames[-1] if frames else ("", "0")
    own = file.startswith(tuple(f"{root}/{tree}/" for tree in TREES))
    return own and Source(text_of(file)).decides_at(int(line))


def cycle_of(dag: Any) -> list[str]:  # noqa: ANN401 - Airflow's DAG
    """Return the ids of tasks that form a cycle, the first again at the end; empty where there is none."""
    order = TopologicalSorter[str](dict.fromkeys(task_ids(dag), ()))
    for task_id in task_ids(dag):
        for after in sorted(map(plain, dag.task_dict[task_id].downstream_task_ids)):
            order.add(after, task_id)
    try:
        order.prepare()
    except CycleError as error:
        return error.args[1]
    return []


def duplicate_ids(dags: list[Any], file: str, source: Source) -> list[dict[str, object]]:
    """Return the ids that several DAGs of a file have, of which Airflow keeps one."""
    counts = Counter(plain(dag.dag_id) for dag in {id(dag): dag for dag in dags}.values())
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
    dag_id = plain(dag.dag_id)
    try:
        copy = round_trip(dag)
    except Exception as error:  # noqa: BLE001 - whatever it is, the DAG processor would fail with it
        cause = f"DAG {dag_id!r} can't be serialized: {type(error).__name__}: {_short(error)}"
        return [_finding("serialization", file, source.line_of(dag_id), cause, remedy)]
    changes = [
        f"{kind}: {before} became {after}"
        for kind, before, after in (
            ("id", dag_id, plain(copy.dag_id)),
            ("tasks", task_ids(dag), task_ids(copy)),
            ("edges", _edges(dag), _edges(copy)),
        )
        if before != after
    ]
    if not changes:
        return []
    cause = f"DAG {dag_id!r} isn't the same after serialization: {'; '.join(changes)}"
    return [_finding("serialization", file, source.line_of(dag_id), cause, remedy)]


def _edges(dag: Any) -> list[str]:  # noqa: ANN401
    tasks = dag.task_dict
    return sorted(
        f"{plain(task_id)} >> {plain(after)}"
        for task_id in tasks
        for after in tasks[task_id].downstream_task_ids
    )


def executor_configs(dag: Any, file: str, source: Source) -> list[dict[str, object]]:  # noqa: ANN401
    """Return the faults in the executor_config of a DAG's tasks."""
    findings: list[dict[str, object]] = []
    dag_id = plain(dag.dag_id)
    for task_id in task_ids(dag):
        config: object = getattr(dag.task_dict[task_id], "executor_config", None) or {}
        for fault, remedy in faults(config):
            cause = f"task {task_id!r} of DAG {dag_id!r}: {_short(fault)}"
            findings.append(_finding("executor-config", file, source.line_of(task_id), cause, remedy))
    return findings


def _short(value: object) -> str:
    return _stable(" ".join(str(value).split()))[:300]


def _stable(text: str) -> str:
    """Return a text without addresses, and without Airflow's prefix of the names of DAG files' modules."""
    return re.sub(r" at 0x[0-9a-f]+|unusual_prefix_[0-9a-f]+_", "", text)


def _finding(check: str, file: str, line: int, cause: str, remedy: str) -> dict[str, object]:
    return {"check": check, "file": file, "line": line, "cause": cause, "remedy": remedy}
