"""One DAG file, parsed in this process: its DAGs, what is wrong with each, what kept it from being parsed.

Texts are made here where only Airflow's objects tell; ``ci/testing/parsing.py`` compares and judges.
"""

from __future__ import annotations

import ast
import re
import time
import tokenize
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, cast

from .access import Recorder, watch
from .dagbag import bag_of, check_serializable, pod_class, round_trip, skipped


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
    source = source_of(path)
    sound = sorted((dag for dag, error in bagged if error is None), key=lambda dag: str(dag.dag_id))
    return {
        "file": shown,
        "skipped": skipped(path),
        "seconds": seconds,
        "dags": [
            {"id": dag.dag_id, "line": line_of_name(dag.dag_id, source), "tasks": sorted(dag.task_dict)}
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


def source_of(path: str) -> str:
    """The text of a file, in the encoding that it declares; empty where it is an archive."""
    try:
        with tokenize.open(path) as file:
            return file.read()
    except (SyntaxError, UnicodeDecodeError):
        return ""


def tree_of(source: str) -> ast.Module:
    """The syntax tree of a text; empty where it is no Python."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def line_of_name(name: str, source: str) -> int:
    """The first line that says the id of a DAG or task, as a text or a function's name; 0 where none does."""
    last = name.rpartition(".")[2]
    lines = [
        node.lineno
        for node in ast.walk(tree_of(source))
        if (isinstance(node, ast.Constant) and node.value in {name, last})
        or (isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in {name, last})
    ]
    return min(lines, default=0)


def line_of(text: str, path: str) -> int:
    """The line of a file that a traceback names last, 0 where it names none."""
    lines = re.findall(rf'File "{re.escape(path)}", line (\d+)', text)
    return int(lines[-1]) if lines else 0


def cause_of(text: str) -> str:
    """The error that a traceback ends with, in its first line; of a group also those that it holds."""
    lines = [line for line in text.splitlines() if line.strip()]
    grouped = [line.lstrip() for line in lines if re.match(r" +\|", line)]  # each line behind a bar
    if grouped:
        told = [line[2:] for line in grouped if re.match(r"\| [A-Za-z_][\w.]*(: |$)", line)]
        return _stable(": ".join(dict.fromkeys(told)) or "unknown")
    frames = [number for number, line in enumerate(lines) if line.startswith('  File "')]
    after = lines[frames[-1] + 1 :] if frames else lines[-1:]
    first = next((line for line in after if not line.startswith(" ")), "unknown")
    return _stable(first).strip()


def statement_at(line: int, source: str) -> str:
    """The import that a line belongs to, in one line; empty where it is none."""
    for node in ast.walk(tree_of(source)):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and node.lineno <= line <= (node.end_lineno or 0):
            return ast.unparse(node)
    return ""


def errors_of(texts: Iterable[str], path: str, source: str, bagged: list[Bagged]) -> list[dict[str, object]]:
    """Why a file, or a DAG of it, was refused: cause, line, and the import statement that was to blame."""
    found: list[dict[str, object]] = []
    for text in texts:
        if any(error and text == f"{type(error).__name__}: {error}" for _, error in bagged):
            continue  # told below, with the DAG it is about
        line = line_of(text, path)
        kind, cause = "import", cause_of(text)
        if late := re.search(r"import timeout for .* after ([\d.]+)s", text):
            kind, cause = "timeout", f"timed out: Airflow gives up a file after {float(late[1]):g} s"
        statement = statement_at(line, source)
        found.append({"kind": kind, "cause": cause, "line": line, "statement": statement})
    for dag, error in bagged:
        if error is None:
            continue
        line = line_of_name(dag.dag_id, source)
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


def twice(dags: list[Any], shown: str, source: str) -> list[dict[str, object]]:
    """The ids that a file gives to more than one DAG, of which Airflow keeps one."""
    ids = [dag.dag_id for dag in {id(dag): dag for dag in dags}.values()]
    remedy = "give every DAG an id of its own"
    return [
        _finding(
            "dag-ids",
            shown,
            line_of_name(each, source),
            f"has more than one DAG with the id {each!r}",
            remedy,
        )
        for each in sorted({each for each in ids if ids.count(each) > 1})
    ]


def unserializable(dag: Any, shown: str, source: str) -> list[dict[str, object]]:  # noqa: ANN401
    """What is lost of a DAG on its way through the database."""
    remedy = (
        "give DAG and operators only what JSON can hold: texts, numbers, lists, dates; "
        "a timetable of your own must come from a plugin of the base"
    )
    try:
        again = round_trip(dag)
    except Exception as error:  # noqa: BLE001 - whatever it is, the DAG processor would fail with it
        told = f"DAG {dag.dag_id!r} can't be serialized: {type(error).__name__}: {_short(error)}"
        return [_finding("serialization", shown, line_of_name(dag.dag_id, source), told, remedy)]
    lost = [
        f"{what}: {before} became {after}"
        for what, before, after in (
            ("id", dag.dag_id, again.dag_id),
            ("tasks", sorted(dag.task_dict), sorted(again.task_dict)),
            ("edges", _edges(dag), _edges(again)),
        )
        if before != after
    ]
    told = f"DAG {dag.dag_id!r} isn't the same after serialization: {'; '.join(lost)}"
    line = line_of_name(dag.dag_id, source)
    return [_finding("serialization", shown, line, told, remedy)] if lost else []


def _edges(dag: Any) -> list[str]:  # noqa: ANN401
    return sorted(
        f"{task_id} >> {after}"
        for task_id, task in dag.task_dict.items()
        for after in task.downstream_task_ids
    )


def pods(dag: Any, shown: str, source: str) -> list[dict[str, object]]:  # noqa: ANN401
    """What is wrong with the executor_config of a DAG's tasks."""
    found: list[dict[str, object]] = []
    for task_id in sorted(dag.task_dict):
        config: object = getattr(dag.task_dict[task_id], "executor_config", None) or {}
        if wrong := wrong_config(config):
            cause, remedy = wrong
            told = f"task {task_id!r} of DAG {dag.dag_id!r}: {cause}"
            found.append(_finding("executor-config", shown, line_of_name(task_id, source), told, remedy))
    return found


def wrong_config(config: object) -> tuple[str, str] | None:
    """Why an executor_config won't do, and what to write; None where it will."""
    if not isinstance(config, dict):
        told = f"executor_config is a {type(config).__name__}"
        return told, 'write executor_config={"pod_override": V1Pod(...)}'
    others = cast("dict[str, Any]", config).copy()
    pod: Any = others.pop("pod_override", None)
    write = 'write {"pod_override": V1Pod(spec=V1PodSpec(containers=[V1Container(name="base")]))}'
    if pod is not None:
        if type(pod).__name__ != "V1Pod" or not isinstance(pod, pod_class()):
            told = f"pod_override is a {type(pod).__name__}, and the executor takes a V1Pod only"
            return told, f"{write}, all of kubernetes.client.models"
        names = [str(container.name) for container in (pod.spec.containers if pod.spec else None) or ()]
        if names and names[0] != "base":  # Airflow merges containers by their place
            told = f"the first container of pod_override is {names[0]!r}, and the task runs in 'base'"
            return told, 'name the first container "base", and put the others after it'
    try:
        check_serializable(others)
    except Exception as error:  # noqa: BLE001 - whatever it is, the database wouldn't take it
        return f"executor_config can't be serialized: {_short(error)}", "give only what JSON can hold"
    return None


def _short(error: Exception) -> str:
    return _stable(" ".join(str(error).split()))[:300]


def _stable(text: str) -> str:
    """A text without addresses, and without what Airflow puts before the name of a DAG file's module."""
    return re.sub(r" at 0x[0-9a-f]+|unusual_prefix_[0-9a-f]+_", "", text)


def _finding(check: str, file: str, line: int, cause: str, remedy: str) -> dict[str, object]:
    return {"check": check, "file": file, "line": line, "cause": cause, "remedy": remedy}
