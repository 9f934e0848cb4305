"""The program that parses a folder's DAG files: as whom, how often, and what it prints last."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from ci.checks.dags.parsed import Parsed
from ci.checks.dags.programs import parse
from ci.checks.dags.programs.access import MADE_UP, MadeUpValues
from ci.checks.dags.programs.forks import Work

Times = dict[str, list[float]]


@pytest.fixture
def program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Give a function that runs it on files that take so many seconds each time, and reads its answer."""
    parts = SimpleNamespace(path=tmp_path / "dags")
    monkeypatch.setattr(parse, "warm_up", lambda: parts)

    def ran(times: Times, role: str = "worker", seconds: float = 2, **more: Any) -> Any:  # noqa: ANN401 - JSON
        asked: list[tuple[list[str], int]] = []

        def passed_over(path: str) -> bool:
            return path.endswith("/passed_over.py")

        paths = [f"{parts.path}/{name}.py" for name in sorted(times)]

        def one(
            path: str, *, bundle: object, safe_mode: bool, made_up: MadeUpValues = MADE_UP[0]
        ) -> dict[str, Any]:
            assert bundle is parts
            name = Path(path).stem
            values = more["by_value"](made_up, os.environ) if "by_value" in more else more
            answer = {"file": f"dags/{name}.py", "seconds": times[name].pop(0), "skipped": safe_mode}
            return {**answer, **values}

        def run(jobs: list[str], work: Work, limit: float, workers: int = 0) -> dict[str, Any]:
            assert limit == 60
            asked.append(([Path(job).stem for job in jobs], workers))
            return {job: work(job) if times[Path(job).stem] else {"died": "why"} for job in jobs}

        def also(files: dict[str, dict[str, Any]], given: object, limit: float) -> dict[str, list[str]]:
            assert (given, limit) == (parts, 60)
            return {path: ["missing"] for path in files if path.endswith("/asks.py")}

        monkeypatch.setattr(parse, "list_python_files", MagicMock(return_value=paths))
        monkeypatch.setattr(parse.contexts, "findings", also)
        monkeypatch.setattr(parse, "is_skipped", passed_over)
        monkeypatch.setattr(parse, "examine", one)
        monkeypatch.setattr(parse, "run", run)
        monkeypatch.setattr(sys, "stdin", [json.dumps({"role": role, "seconds": seconds})])
        assert parse.main([]) == 0
        answer = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert Parsed.model_validate(answer)
        return answer, asked

    return ran


def test_answers_have_no_times_and_a_scheduler_has_safe_mode(program: Callable[..., Any]) -> None:
    for role, safe_mode in (("worker", False), ("scheduler", True)):
        answer, asked = program({"a": [0.1], "b": [0.2]}, role)
        more = {"skipped": safe_mode, "lacks": "", "slow": False, "late": False}
        files = [{"file": f"dags/{name}.py", **more} for name in ("a", "b")]
        assert answer == {"files": files, "patterns": [], "problem": ""}
        assert asked[0] == (["a", "b"], 0)


@pytest.mark.parametrize(
    ("kind", "times", "slow", "tries"),
    [
        ("", [3, 3, 3], True, 3),
        ("", [3, 2.5, 1.9], False, 3),
        ("", [3, 0.1], False, 2),
        ("", [2, 9], False, 1),
        ("", [6, 6, 6], True, 3),
        ("", [6.1], True, 1),
        ("timeout", [5], False, 1),
        ("import", [5, 5, 5], True, 3),
        ("import", [5, 1], False, 2),
    ],
)
def test_a_slow_file_is_tried_again_alone_unless_airflow_gave_it_up(
    program: Callable[..., Any], kind: str, times: list[float], tries: int, *, slow: bool
) -> None:
    late = slow or kind == "timeout"
    errors = [{"kind": kind, "cause": "c", "line": 0, "statement": ""}] if kind else []
    answer, asked = program({"a": [0.1], "b": times}, errors=errors)
    assert [file["slow"] for file in answer["files"]] == [False, slow]
    assert answer["files"][1]["late"] is late
    assert [retry for retry in asked[1:] if retry[0]] == [(["b"], 1)] * (tries - 1)


TIMED_OUT = {"kind": "timeout", "cause": "timed out", "line": 0, "statement": ""}


@pytest.mark.parametrize(("waited", "tries"), [(0.5, 1), (20, 2)])
def test_a_file_that_airflow_gave_up_on_a_busy_machine_is_tried_again_alone_with_more_time(
    program: Callable[..., Any], waited: float, tries: int
) -> None:
    limits: list[str] = []

    def by_value(_: MadeUpValues, env: Mapping[str, str]) -> dict[str, object]:
        limits.append(env.get(parse.TIMEOUT, ""))
        return {"errors": [] if limits[-1] else [TIMED_OUT], "waited": waited}

    answer, _ = program({"a": [0.1, 0.1]}, by_value=by_value)
    assert limits == ["", "180"][:tries]
    assert [bool(file["errors"]) for file in answer["files"]] == [tries == 1]
    assert parse.TIMEOUT not in os.environ


VARIABLE, SESSION = {"kind": "Variable"}, {"kind": "metadata database"}


@pytest.mark.parametrize(
    ("cause", "kinds", "decided", "constant"),
    [
        ("CosmosConfigError: Unable to find the dbt executable", [VARIABLE], False, True),
        (
            "CosmosConfigError: Unable to find the dbt executable",
            [VARIABLE, {"kind": "program"}],
            False,
            True,
        ),
        ("ValueError: bad {text}", [VARIABLE], False, False),
        ("ValueError: which?", [VARIABLE], True, False),
        ("ValueError: which?", [VARIABLE, SESSION], False, False),
        ("ValueError: which?", [], False, False),
    ],
)
def test_an_error_that_every_made_up_value_gives_is_steady(
    program: Callable[..., Any], cause: str, kinds: list[dict[str, str]], *, decided: bool, constant: bool
) -> None:
    accesses = [{**kind, "name": "n", "file": "f", "line": 1} for kind in kinds]

    def by_value(made_up: MadeUpValues, _: object) -> dict[str, object]:
        told = cause.format(text=made_up.text)
        error = {"kind": "import", "cause": told, "line": 3, "statement": "", "decided": decided}
        return {"errors": [error], "accesses": accesses}

    answer, _ = program({"a": [0.1] * 9}, by_value=by_value)
    assert [error["constant"] for error in answer["files"][0]["errors"]] == [constant]


def test_a_file_whose_process_died_is_named_by_its_path(program: Callable[..., Any]) -> None:
    answer, _ = program({"a": [], "passed_over": []})
    more = {"lacks": "", "slow": False, "late": False}
    assert answer["files"] == [
        {"file": f"dags/{name}.py", "died": "why", "skipped": skipped, **more}
        for name, skipped in (("a", False), ("passed_over", True))
    ]


def test_a_worker_parses_once_more_for_each_task_and_a_scheduler_does_not(
    monkeypatch: pytest.MonkeyPatch, program: Callable[..., Any]
) -> None:
    monkeypatch.setattr(Parsed, "model_validate", bool)
    answers = [program({"asks": [0.1], "b": [0.1]}, role, findings=[])[0] for role in ("worker", "scheduler")]
    findings = [[file["findings"] for file in answer["files"]] for answer in answers]
    assert findings == [[["missing"], []], [[], []]]


def test_an_airflow_that_does_not_start_is_a_problem_of_every_question(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(parse, "warm_up", MagicMock(side_effect=ValueError("no such bundle")))
    monkeypatch.setattr(sys, "stdin", ["{}", "{}"])
    assert parse.main([]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line]
    assert answers == [{"files": [], "patterns": [], "problem": "ValueError: no such bundle"}] * 2


def test_airflow_is_warm_before_the_first_file(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    parts = SimpleNamespace(path=Path("/opt/airflow/dags"))

    def bag(path: str, elsewhere: Any, *, safe_mode: bool, on_dag: Any) -> None:  # noqa: ANN401 - Airflow's own
        assert Path(path).parent == elsewhere.path
        assert (Path(path).read_text(), safe_mode) == (parse.WARM, False)
        sys.path.append(str(elsewhere.path))
        on_dag("warm", None)

    monkeypatch.setattr(parse, "dags_bundle", lambda: parts)
    monkeypatch.setattr(parse, "dag_bag", bag)
    monkeypatch.setattr(parse, "round_trip", done.append)
    for module in ("airflow", "airflow.models", "airflow.models.variable", "airflow.models.connection"):
        monkeypatch.setitem(sys.modules, module, SimpleNamespace())  # pyright: ignore[reportArgumentType]
    before = list(sys.path)
    assert parse.warm_up() is parts
    assert done == ["warm"]
    assert sys.path == before
