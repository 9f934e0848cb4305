"""A file that asks what it is parsed for has what a worker wants of it, for each of its tasks."""

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ci.checks.dags.programs import contexts
from ci.checks.dags.programs.forks import Work

ASKS = "context = get_parsing_context()\n"


def known(root: Path, **dags: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
    """Return what is known of files, each by its name with its DAGs and their tasks."""
    return {
        str(root / f"dags/{name}.py"): {
            "file": f"dags/{name}.py",
            "dags": [{"id": each, "line": 7, "tasks": tasks} for each, tasks in of.items()],
            "findings": [],
        }
        for name, of in dags.items()
    }


def write(root: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)


def jobs(root: Path, files: dict[str, dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(Path(path).stem, dag, task) for path, dag, task in map(json.loads, contexts.jobs(files, root))]


def test_only_a_file_that_asks_is_parsed_again_for_each_of_its_tasks(tmp_path: Path) -> None:
    write(tmp_path, dags__a=ASKS, dags__b="x = 1\n")
    files = known(tmp_path, a={"one": ["x", "y"], "two": ["z"], "empty": []}, b={"three": ["x"]})
    assert jobs(tmp_path, files) == [("a", "one", "x"), ("a", "one", "y"), ("a", "two", "z")]
    # Of very many tasks the first stands for all.
    tasks = [f"t{number:02}" for number in range(51)]
    assert jobs(tmp_path, known(tmp_path, a={"one": tasks})) == [("a", "one", "t00")]
    assert len(jobs(tmp_path, known(tmp_path, a={"one": tasks[1:]}))) == 50


@pytest.mark.parametrize("path", ["dags__helper", "scripts__deep__tool"])
def test_code_that_is_no_dag_file_asks_for_all_files(tmp_path: Path, path: str) -> None:
    write(tmp_path, **{"dags__a": "", "dags__b": "", path: "os.environ['_AIRFLOW_PARSING_CONTEXT_DAG_ID']"})
    files = known(tmp_path, a={"one": ["x"]}, b={"two": ["x"]}, helper={})
    assert jobs(tmp_path, files) == [("a", "one", "x"), ("b", "two", "x")]


def test_an_archive_asks_by_the_code_in_it(tmp_path: Path) -> None:
    file = tmp_path / "dags.zip"
    assert not contexts.uses_context(str(file))
    for text, asks in ((ASKS, True), ("x = 1\n" * 9, False)):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("dag.py", text)
        assert contexts.uses_context(str(file)) is asks
    whole = file.read_bytes()  # a damaged one is reported by its import
    for position in range(len(whole)):
        file.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        assert not contexts.uses_context(str(file))


def test_a_file_is_parsed_with_what_a_worker_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (contexts.DAG_ID, contexts.TASK_ID):
        monkeypatch.setenv(name, "")

    def bag(path: str, parts: Any, *, safe_mode: bool, on_dag: Callable[..., None]) -> object:  # noqa: ANN401
        assert (path, parts.path, safe_mode) == ("/x/dags/a.py", "/x/dags", False)
        dag_id, task_id = os.environ[contexts.DAG_ID], os.environ[contexts.TASK_ID]
        on_dag(SimpleNamespace(dag_id=dag_id, task_dict={task_id: 1}), None)
        on_dag(SimpleNamespace(dag_id="refused", task_dict={}), ValueError())
        return SimpleNamespace(import_errors={"a": "Traceback\nValueError: b\n"})

    monkeypatch.setattr(contexts, "watch", bool)
    monkeypatch.setattr(contexts, "dag_bag", bag)
    findings = contexts.parse_for('["/x/dags/a.py", "one", "x"]', SimpleNamespace(path="/x/dags"))
    assert findings == {"dags": {"one": ["x"]}, "errors": ["ValueError: b"]}


Answers = dict[str, dict[str, Any]]


def parsed(*tasks: str, error: str = "") -> dict[str, Any]:
    return {"dags": {"one": [*tasks]} if tasks else {}, "errors": [error] if error else []}


MISSING = "DAG 'one' is missing when a worker parses the file for"


@pytest.mark.parametrize(
    ("answers", "causes"),
    [
        ({"x": parsed("x"), "y": parsed("y")}, []),
        ({"x": parsed(), "y": parsed()}, [f"{MISSING} tasks 'x', 'y': the file leaves the DAG out"]),
        ({"x": parsed("x"), "y": parsed("x")}, [f"{MISSING} task 'y': the file leaves the task out"]),
        (
            {"x": parsed(error="KeyError: 'x'"), "y": {"died": "y"}},
            [f"{MISSING} tasks 'x', 'y': KeyError: 'x'"],
        ),
        ({"x": parsed("x"), "y": {"died": "SystemExit: 1"}}, [f"{MISSING} task 'y': SystemExit: 1"]),
    ],
)
def test_what_is_not_there_is_one_finding_of_each_dag(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answers: Answers, causes: list[str]
) -> None:
    write(tmp_path, dags__a=ASKS)
    files = known(tmp_path, a={"one": ["x", "y"]})

    def run(asked: list[str], work: Work, limit: float, *, total_seconds: float) -> Answers:
        assert (callable(work), limit, total_seconds) == (True, 60, 60)
        return {job: answers[json.loads(job)[2]] for job in asked}

    monkeypatch.setattr(contexts, "run", run)
    findings = contexts.findings(files, SimpleNamespace(path=tmp_path / "dags"), 60)
    rows = [(row["cause"], row["line"], row["file"]) for of_file in findings.values() for row in of_file]
    assert rows == [(cause, 7, "dags/a.py") for cause in causes]
    assert findings.keys() <= files.keys()
