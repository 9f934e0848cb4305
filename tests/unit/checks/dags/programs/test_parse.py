"""The program that parses a folder's DAG files: as whom, how often, and what it prints last."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ci.checks.dags.parsed import Parsed
from ci.checks.dags.programs import parse
from ci.checks.dags.programs.forks import Work

Times = dict[str, list[float]]


@pytest.fixture
def program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Give a function that runs it on files that take so many seconds each time, and reads its answer."""
    parts = SimpleNamespace(path=tmp_path / "dags")

    def bundle() -> object:
        return parts

    monkeypatch.setattr(parse, "warm_up", bundle)

    def ran(times: Times, role: str = "worker", seconds: str = "2", **more: object) -> Any:  # noqa: ANN401 - JSON
        asked: list[tuple[list[str], int]] = []

        def listed(_: Path) -> list[str]:
            return [f"{parts.path}/{name}.py" for name in sorted(times)]

        def one(path: str, _: object, *, safe_mode: bool) -> dict[str, Any]:
            name = Path(path).stem
            return {"file": f"dags/{name}.py", "seconds": times[name].pop(0), "skipped": safe_mode, **more}

        def run(jobs: list[str], work: Work, limit: float, workers: int = 0) -> dict[str, Any]:
            assert limit == 60
            asked.append(([Path(job).stem for job in jobs], workers))
            return {job: work(job) if times[Path(job).stem] else {"died": "why"} for job in jobs}

        def passed_over(path: str) -> bool:
            return path.endswith("/passed_over.py")

        def also(files: dict[str, dict[str, Any]], given: object, limit: float) -> dict[str, list[str]]:
            assert (given, limit) == (parts, 60)
            return {path: ["missing"] for path in files if path.endswith("/asks.py")}

        monkeypatch.setattr(parse, "list_python_files", listed)
        monkeypatch.setattr(parse.contexts, "findings", also)
        monkeypatch.setattr(parse, "is_skipped", passed_over)
        monkeypatch.setattr(parse, "examine", one)
        monkeypatch.setattr(parse, "run", run)
        assert parse.main([role, seconds]) == 0
        answer = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert Parsed.model_validate(answer)
        return answer, asked

    return ran


def test_answers_have_no_times(program: Callable[..., Any]) -> None:
    answer, asked = program({"a": [0.1], "b": [0.2]})
    assert answer == {
        "files": [
            {"file": "dags/a.py", "skipped": False, "slow": False},
            {"file": "dags/b.py", "skipped": False, "slow": False},
        ],
        "problem": "",
    }
    assert asked[0] == (["a", "b"], 0)


def test_a_scheduler_has_safe_mode(program: Callable[..., Any]) -> None:
    answer, _ = program({"a": [0.1]}, "scheduler")
    assert answer["files"][0]["skipped"] is True


@pytest.mark.parametrize(
    ("times", "slow", "tries"),
    [
        ([3, 3, 3], True, 3),
        ([3, 2.5, 1.9], False, 3),
        ([3, 0.1], False, 2),
        ([2, 9], False, 1),
        ([6, 6, 6], True, 3),
        ([6.1], True, 1),
    ],
)
def test_a_slow_file_is_tried_again_alone(
    program: Callable[..., Any],
    times: list[float],
    tries: int,
    *,
    slow: bool,
) -> None:
    answer, asked = program({"a": [0.1], "b": times})
    assert [file["slow"] for file in answer["files"]] == [False, slow]
    again = [each for each in asked[1:] if each[0]]
    assert again == [(["b"], 1)] * (tries - 1)


@pytest.mark.parametrize(
    ("kind", "times", "slow", "tries"),
    [("timeout", [5], False, 1), ("import", [5, 5, 5], True, 3), ("import", [5, 1], False, 2)],
)
def test_a_slow_file_that_failed_is_tried_again_where_airflow_did_not_give_it_up(
    program: Callable[..., Any], kind: str, times: list[float], tries: int, *, slow: bool
) -> None:
    error = {"kind": kind, "cause": "c", "line": 0, "statement": ""}
    answer, asked = program({"a": times}, errors=[error])
    assert answer["files"][0]["slow"] is slow
    assert [each for each in asked[1:] if each[0]] == [(["a"], 1)] * (tries - 1)


def test_a_file_whose_process_died_is_named_by_its_path(program: Callable[..., Any]) -> None:
    answer, _ = program({"a": [], "passed_over": []})
    assert answer["files"] == [
        {"file": "dags/a.py", "died": "why", "skipped": False, "slow": False},
        {"file": "dags/passed_over.py", "died": "why", "skipped": True, "slow": False},
    ]


def test_a_worker_parses_once_more_for_each_task_and_a_scheduler_does_not(
    monkeypatch: pytest.MonkeyPatch, program: Callable[..., Any]
) -> None:
    monkeypatch.setattr(Parsed, "model_validate", bool)
    answers = [program({"asks": [0.1], "b": [0.1]}, role, findings=[])[0] for role in ("worker", "scheduler")]
    assert [[file["findings"] for file in answer["files"]] for answer in answers] == [
        [["missing"], []],
        [[], []],
    ]


def test_an_airflow_that_does_not_start_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise ValueError("Requested bundle 'dags-folder' is not configured.")

    monkeypatch.setattr(parse, "warm_up", broken)
    assert parse.main(["worker", "2"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {
        "files": [],
        "problem": "ValueError: Requested bundle 'dags-folder' is not configured.",
    }


def test_airflow_is_warm_before_the_first_file(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    parts = SimpleNamespace(path=Path("/opt/airflow/dags"))

    def bundle() -> object:
        return parts

    def bag(path: str, elsewhere: Any, *, safe_mode: bool, on_dag: Any) -> None:  # noqa: ANN401 - Airflow's own
        assert Path(path).parent == elsewhere.path
        assert (Path(path).read_text(), safe_mode) == (parse.WARM, False)
        sys.path.append(str(elsewhere.path))
        on_dag("warm", None)

    monkeypatch.setattr(parse, "dags_bundle", bundle)
    monkeypatch.setattr(parse, "dag_bag", bag)
    monkeypatch.setattr(parse, "round_trip", done.append)
    for module in ("airflow", "airflow.models", "airflow.models.variable", "airflow.models.connection"):
        monkeypatch.setitem(sys.modules, module, SimpleNamespace())  # pyright: ignore[reportArgumentType]
    before = list(sys.path)
    assert parse.warm_up() is parts
    assert done == ["warm"]
    assert sys.path == before
