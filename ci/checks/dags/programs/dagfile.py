"""One DAG file, parsed in this process: its DAGs, what is wrong with each, what kept it from being parsed.

Texts are made here where only Airflow's objects tell; ``ci/checks/dags/judge.py`` compares and judges.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from .access import Recorder, watch
from .dag_source import Source, text_of
from .dagbag import bag_of, round_trip, skipped
from .executor_config import faults

# How Python begins a traceback, and what it puts between the errors of a group.
PLAIN = "Traceback (most recent call last):"
GROUP = re.compile(r" *\+ Exception Group Traceback ")
EDGE = re.compile(r" *\+-")


class Bagged(NamedTuple):
    """A DAG, Airflow's own, and why Airflow refused it."""

    dag: Any
    error: Exception | None


def examined(path: str, parts: Any, *, safe_mode: bool) -> dict[str, Any]:  # noqa: ANN401 - Airflow's bundle
    """What is to be known of a file.

    Args:
        path: of the file.
        parts: the bundle it is in.
        safe_mode: whether it is passed over as the DAG processor does.
    """
    shown = f"dags/{Path(path).relative_to(parts.path)}"
    recorder = Recorder(str(Path(parts.path).parent))
    watch(recorder)
    bagged: list[Bagged] = []

    def keep(dag: Any, error: Exception | None) -> None:  # noqa: ANN401 - Airflow's DAG
        bagged.append(Bagged(dag, error))

    started = time.monotonic() - waited()
    bag = bag_of(path, parts, safe_mode=safe_mode, bagged=keep)
    seconds = time.monotonic() - waited() - started
    recorder.active = False
    source = Source(text_of(path))
    sound = sorted((dag for dag, error in bagged if error is None), key=lambda dag: str(dag.dag_id))
    return {
        "file": shown,
        "skipped": skipped(path),
        "seconds": seconds,
        "dags": [
            {"id": dag.dag_id, "line": source.line_of(dag.dag_id), "tasks": sorted(dag.task_dict)}
            for dag in sound
        ],
        "errors": errors_of(bag.import_errors.values(), path, source, bagged),
        "findings": [
            *twice(sound, shown, source),
            *(finding for dag in sound for finding in unserializable(dag, shown, source)),
            *(finding for dag in sound for finding in pods(dag, shown, source)),
        ],
        "accesses": recorder.found,
    }


def waited() -> float:
    """Seconds that this process was ready to run while others ran, where the kernel counts them."""
    try:
        return int(Path("/proc/self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0


def line_of(text: str, path: str) -> int:
    """The line of a file that a traceback names last, 0 where it names none."""
    lines = re.findall(rf'File "{re.escape(path)}", line (\d+)', text)
    return int(lines[-1]) if lines else 0


def cause_of(text: str) -> str:
    """The error that a traceback ends with, in its first line; of a group also those that it holds."""
    lines = [line.rstrip() for line in text.split("\n") if line.strip()]  # no other end: sources have them
    begins = [number for number, line in enumerate(lines) if line == PLAIN or GROUP.match(line)]
    if not begins or not GROUP.match(lines[begins[-1]]):
        return _stable(_error_of(lines)).strip()
    parts: list[list[str]] = []  # of the group, then of each error in it
    for line in lines[begins[-1] :]:
        if GROUP.match(line) or EDGE.match(line):
            parts.append([])
        else:
            parts[-1].append(re.sub(r"^ *\| ?", "", line))
    told = [_error_of(part) for part in parts if part]
    return _stable(": ".join(dict.fromkeys(told)) or "unknown")


def _error_of(lines: list[str]) -> str:
    """The first line of what follows the last frame; source lines and the rest of a text are no errors."""
    frames = [number for number, line in enumerate(lines) if line.startswith('  File "')]
    after = lines[frames[-1] + 1 :] if frames else lines
    told = (line.splitlines()[0] for line in after if line[:1].strip() and line.split()[0] != "Traceback")
    return next(told, "unknown")


def errors_of(
    texts: Iterable[str], path: str, source: Source, bagged: list[Bagged]
) -> list[dict[str, object]]:
    """Why a file, or a DAG of it, was refused: cause, line, and the import statement that was to blame."""
    found: list[dict[str, object]] = []
    for text in texts:
        if any(error and text == f"{type(error).__name__}: {error}" for _, error in bagged):
            continue  # told below, with the DAG it is about
        line = line_of(text, path)
        kind, cause = "import", cause_of(text)
        if late := re.search(r"import timeout for .* after ([\d.]+)s", text):
            kind, cause = "timeout", f"timed out: Airflow gives up a file after {float(late[1]):g} s"
        statement = source.statement_at(line)
        found.append({"kind": kind, "cause": cause, "line": line, "statement": statement})
    for dag, error in bagged:
        if error is None:
            continue
        line = source.line_of(dag.dag_id)
        if ring := cycle_of(dag) if "ycle" in type(error).__name__ else []:
            kind, cause = "cycle", f"DAG {dag.dag_id!r} runs in a circle: {' >> '.join(ring)}"
        else:
            kind, cause = "dag", f"DAG {dag.dag_id!r}: {type(error).__name__}: {error}"
        found.append({"kind": kind, "cause": cause, "line": line, "statement": ""})
    return found


def cycle_of(dag: Any) -> list[str]:  # noqa: ANN401 - Airflow's DAG
    """The ids of tasks that follow one upon another in a circle, the first again at the end; none: empty."""
    done: set[str] = set()
    for start in sorted(dag.task_dict):
        way = dict.fromkeys([start])  # its own order, and quick to look into
        ahead = [iter(sorted(dag.task_dict[start].downstream_task_ids))]
        while ahead:
            after = next(ahead[-1], None)
            if after is None:
                ahead.pop()
                done.add(way.popitem()[0])
            elif after in way:
                ids = list(way)
                return [*ids[ids.index(after) :], after]
            elif after not in done:
                way[after] = None
                ahead.append(iter(sorted(dag.task_dict[after].downstream_task_ids)))
    return []


def twice(dags: list[Any], shown: str, source: Source) -> list[dict[str, object]]:
    """The ids that a file gives to more than one DAG, of which Airflow keeps one."""
    ids = Counter(dag.dag_id for dag in {id(dag): dag for dag in dags}.values())
    remedy = "give every DAG an id of its own"
    return [
        _finding(
            "dag-ids",
            shown,
            source.line_of(each),
            f"has more than one DAG with the id {each!r}",
            remedy,
        )
        for each, times in sorted(ids.items())
        if times > 1
    ]


def unserializable(dag: Any, shown: str, source: Source) -> list[dict[str, object]]:  # noqa: ANN401
    """What is lost of a DAG on its way through the database."""
    remedy = (
        "give DAG and operators only what JSON can hold: texts, numbers, lists, dates; "
        "a timetable of your own must come from a plugin of the base"
    )
    try:
        again = round_trip(dag)
    except Exception as error:  # noqa: BLE001 - whatever it is, the DAG processor would fail with it
        told = f"DAG {dag.dag_id!r} can't be serialized: {type(error).__name__}: {_short(error)}"
        return [_finding("serialization", shown, source.line_of(dag.dag_id), told, remedy)]
    lost = [
        f"{what}: {before} became {after}"
        for what, before, after in (
            ("id", dag.dag_id, again.dag_id),
            ("tasks", sorted(dag.task_dict), sorted(again.task_dict)),
            ("edges", _edges(dag), _edges(again)),
        )
        if before != after
    ]
    if not lost:
        return []
    told = f"DAG {dag.dag_id!r} isn't the same after serialization: {'; '.join(lost)}"
    return [_finding("serialization", shown, source.line_of(dag.dag_id), told, remedy)]


def _edges(dag: Any) -> list[str]:  # noqa: ANN401
    return sorted(
        f"{task_id} >> {after}"
        for task_id, task in dag.task_dict.items()
        for after in task.downstream_task_ids
    )


def pods(dag: Any, shown: str, source: Source) -> list[dict[str, object]]:  # noqa: ANN401
    """What is wrong with the executor_config of a DAG's tasks."""
    found: list[dict[str, object]] = []
    for task_id in sorted(dag.task_dict):
        config: object = getattr(dag.task_dict[task_id], "executor_config", None) or {}
        for cause, remedy in faults(config):
            told = f"task {task_id!r} of DAG {dag.dag_id!r}: {_short(cause)}"
            found.append(_finding("executor-config", shown, source.line_of(task_id), told, remedy))
    return found


def _short(told: object) -> str:
    return _stable(" ".join(str(told).split()))[:300]


def _stable(text: str) -> str:
    """A text without addresses, and without what Airflow puts before the name of a DAG file's module."""
    return re.sub(r" at 0x[0-9a-f]+|unusual_prefix_[0-9a-f]+_", "", text)


def _finding(check: str, file: str, line: int, cause: str, remedy: str) -> dict[str, object]:
    return {"check": check, "file": file, "line": line, "cause": cause, "remedy": remedy}
