"""Parse a folder's DAG files with the installed Airflow, each in a process of its own.

    {"role": "worker", "seconds": 2.0}

is a question, a line of its input: as whom to parse what is in the folder now, and the limit per file.
As a worker: as Airflow's task runner finds a task. As a scheduler: as its DAG processor does, in safe mode.
Where the image names no database, Airflow's default is an empty SQLite file: ``access.py`` answers instead.
A worker parses once more for each task where a file uses its parsing context (``contexts.py``).
The answer is a line, too: {"files": […], "problem": "", "patterns": what ``ignores.without_effect``
returns}. A file is the dictionary that ``dagfile.examine`` returns, with "slow", with "lacks", the word for
which safe mode passes over it, with "died" where its process ended without an answer, and with "late" where
a limit of time decided.
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

from . import contexts, ignores
from .access import MADE_UP
from .clock import PATIENCE
from .dagbag import dag_bag, dags_bundle, is_skipped, lacking_word, list_python_files, round_trip
from .dagfile import examine
from .forks import run

SECONDS = 60  # Airflow itself gives up a file after 30; this is for what it can't interrupt
TRIES = 3
BUSY = 1  # seconds of waiting for a CPU, from which on a parse that Airflow gave up is tried again
TIMEOUT = "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT"
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
    _without_a_busy_machine(answers, work)
    times = {path: 0.0 if _timed_out(answers[path]) else answers[path].get("seconds", 0.0) for path in paths}
    sys.dont_write_bytecode = False  # what a slow file imports is compiled once: it may be large
    for _ in range(TRIES - 1):
        slow = [path for path in paths if seconds < times[path] <= HOPELESS * seconds]
        for path, answer in run(slow, work, SECONDS, workers=1).items():
            times[path] = min(times[path], answer.get("seconds", times[path]))
    sys.dont_write_bytecode = True
    _mark_constant(answers, work)
    files: dict[str, dict[str, Any]] = {}
    for path in paths:
        answer = answers[path]
        slow = times[path] > seconds
        late = bool(slow or _timed_out(answer) or answer.get("late"))
        for key in ("seconds", "waited"):
            answer.pop(key, None)
        skipped = is_skipped(path)
        named = {"file": f"dags/{Path(path).relative_to(bundle.path)}", "skipped": skipped}
        word = lacking_word(path) if skipped else ""
        files[path] = {**named, **answer, "lacks": word, "slow": slow, "late": late}
    if not safe_mode:
        for path, findings in contexts.findings(files, bundle, SECONDS).items():
            files[path]["findings"] = [*files[path]["findings"], *findings]
    return list(files.values())


def _without_a_busy_machine(answers: dict[str, dict[str, Any]], work: Any) -> None:  # noqa: ANN401
    """Parse files alone, with more time, that Airflow gave up while the machine was busy."""
    busy = [path for path in answers if _timed_out(answers[path]) and answers[path].get("waited", 0) > BUSY]
    before = os.environ.get(TIMEOUT)
    os.environ[TIMEOUT] = str(PATIENCE * SECONDS)
    answers.update(run(busy, work, SECONDS, workers=1))
    if before is None:
        del os.environ[TIMEOUT]
    else:
        os.environ[TIMEOUT] = before


def _mark_constant(answers: dict[str, dict[str, Any]], work: Any) -> None:  # noqa: ANN401
    """Mark the errors that a file has whatever made-up values it gets: those are not their cause.

    A `raise` under a condition of the type's own code may test a value in a way that no made-up one passes.
    """
    same = {path: _errors(answer) for path, answer in answers.items() if _has_made_up_values(answer)}
    for made_up in MADE_UP[1:]:
        doubtful = [path for path, errors in same.items() if errors]
        for path, answer in run(doubtful, partial(work, made_up=made_up), SECONDS).items():
            same[path] &= _errors(answer)
    for path, answer in answers.items():
        for error in answer.get("errors", ()):
            decided = error.pop("decided", False)
            error["constant"] = _key(error) in same.get(path, ()) and not decided


def _has_made_up_values(answer: dict[str, Any]) -> bool:
    """Return whether a file got made-up values, and nothing else that no other try would change."""
    kinds = {access["kind"] for access in answer.get("accesses", ())} - {"program"}
    return bool(kinds) and kinds <= {"Variable", "Connection"}


def _errors(answer: dict[str, Any]) -> set[tuple[object, ...]]:
    return set(map(_key, answer.get("errors", ())))


def _key(error: dict[str, Any]) -> tuple[object, ...]:
    return error["kind"], error["cause"], error["line"]


def _timed_out(answer: dict[str, Any]) -> bool:
    """Return whether Airflow's own limit ended the parse, which is an error already."""
    return any(error["kind"] == "timeout" for error in answer.get("errors", ()))


def answer_on(role: str, seconds: float, bundle: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's bundle
    """Return the answer on the files that lie in a bundle's folder now."""
    importlib.invalidate_caches()  # another type's files were there: of the same time, as all of an image
    try:
        paths = list_python_files(Path(bundle.path))
        patterns = ignores.without_effect(Path(bundle.path), paths)
        files = parse_files(paths, bundle, seconds, safe_mode=role == "scheduler")
    except Exception as error:  # noqa: BLE001 - the image's own Airflow may raise anything
        return _problem(error)
    return {"files": files, "patterns": patterns, "problem": ""}


def _problem(error: Exception) -> dict[str, Any]:
    return {"files": [], "patterns": [], "problem": f"{type(error).__name__}: {error}"}


def main(_: list[str]) -> int:
    """Answer one question after another; the exit code is always 0."""
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "client"  # as Airflow marks processes that run a user's code
    bundle, problem = None, None
    try:
        bundle = warm_up()
    except Exception as error:  # noqa: BLE001 - the image's own Airflow may raise anything
        problem = _problem(error)
    for line in sys.stdin:
        question = json.loads(line)
        answer = problem or answer_on(question["role"], question["seconds"], bundle)
        sys.stdout.write("\n" + json.dumps(answer, sort_keys=True) + "\n")
        sys.stdout.flush()
    return 0
