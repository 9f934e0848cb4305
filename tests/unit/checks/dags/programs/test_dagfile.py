"""The answer on a DAG file: errors, cycles, executor_config, and changes by serialization."""

from enum import Enum, StrEnum
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from ci.checks.dags.programs import dagfile, executor_config
from ci.checks.dags.programs.access import Recorder
from ci.checks.dags.programs.dag_source import Source
from ci.checks.dags.programs.dagfile import BaggedDag, cycle_of, errors_of

from .test_dag_source import SOURCE as TEXT
from .test_dagfile_text import DAG_FILE

SOURCE = Source(TEXT)


def dag(name: str = "load", **after: str) -> SimpleNamespace:
    """Return what stands for Airflow's DAG, by its tasks' ids, and for each those that follow it."""
    tasks = {task: SimpleNamespace(downstream_task_ids=set(others.split())) for task, others in after.items()}
    return SimpleNamespace(dag_id=name, task_dict=tasks)


RING = dag(**{str(task): str(task + 1 if task < 3000 else 1000) for task in range(1000, 3001)})


@pytest.mark.parametrize(
    ("cyclic", "cycle"),
    [
        (dag(a="b", b="c", c=""), []),
        (dag(a="b", b="c", c="a"), ["a", "b", "c", "a"]),
        (dag(a="b c", b="d", c="d", d=""), []),
        (dag(a="b", b="c", c="b"), ["b", "c", "b"]),
        (dag(a="a"), ["a", "a"]),
        (RING, [*map(str, range(1000, 3001)), "1000"]),
        (dag(), []),
    ],
)
def test_a_cycle_is_named_by_its_tasks(cyclic: SimpleNamespace, cycle: list[str]) -> None:
    assert cycle_of(cyclic) == cycle


class CycleError(Exception):
    """Stands for Airflow's error of a circle."""


def test_errors_name_their_kind_and_the_import_to_blame() -> None:
    texts = [
        f'  File "{DAG_FILE}", line 4, in x\nImportError: no',
        f"airflow.exceptions.X: DagBag import timeout for {DAG_FILE} after 30.0s.\n* https://x, PID: 12",
        "CycleError: of load",
        "ValueError: bad",
    ]
    refused = [
        BaggedDag(dag(a="a"), CycleError("of load")),
        BaggedDag(dag("extract"), ValueError("bad")),
        BaggedDag(dag("fine"), None),
    ]
    assert [tuple(each.values()) for each in errors_of(texts, DAG_FILE, SOURCE, refused)] == [
        ("import", "ImportError: no", 4, "from scripts.tool import one, two", False),
        ("timeout", "timed out: Airflow gives up a file after 30 s", 0, "", False),
        ("cycle", "DAG 'load' has a cycle: a >> a", 7, "", False),
        ("dag", "DAG 'extract': ValueError: bad", 11, "", False),
    ]


def test_an_id_of_two_dags_in_a_file_is_a_finding_and_one_dag_seen_twice_is_not() -> None:
    one = dag()
    assert dagfile.duplicate_ids([one, one, dag("other")], "dags/x.py", SOURCE) == []
    (finding,) = dagfile.duplicate_ids([one, dag()], "dags/x.py", SOURCE)
    assert (finding["check"], finding["line"]) == ("dag-ids", 7)


def test_changes_by_serialization_are_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    round_trip = MagicMock(return_value=dag("load", a=""))
    monkeypatch.setattr(dagfile, "round_trip", round_trip)
    assert dagfile.serialization(dag("load", a=""), "dags/x.py", SOURCE) == []
    (finding,) = dagfile.serialization(dag("load", a="b", b=""), "dags/x.py", SOURCE)
    assert finding["cause"] == (
        "DAG 'load' isn't the same after serialization: "
        "tasks: ['a', 'b'] became ['a']; edges: ['a >> b'] became []"
    )
    round_trip.side_effect = TypeError("<object object at 0x12ab> is no JSON\nmore")
    (finding,) = dagfile.serialization(dag(), "dags/x.py", SOURCE)
    assert finding["cause"] == "DAG 'load' can't be serialized: TypeError: <object object> is no JSON more"


class Step(StrEnum):
    """Ids of tasks, as Airflow's own example_skip_dag has them."""

    FIRST = "first"
    SECOND = "second"


class Mixed(str, Enum):  # noqa: UP042 - formatted by its name, unlike a StrEnum
    """The same, as it was written before Python 3.11."""

    FIRST = "first"
    SECOND = "second"


@pytest.mark.parametrize("step", [Step, Mixed])
def test_ids_are_compared_as_airflow_does(monkeypatch: pytest.MonkeyPatch, step: type[Step | Mixed]) -> None:
    after = {step.FIRST: {step.SECOND}, step.SECOND: set[str]()}
    tasks = {task: SimpleNamespace(downstream_task_ids=others) for task, others in after.items()}
    made = SimpleNamespace(dag_id=step.FIRST, task_dict=tasks)
    monkeypatch.setattr(
        dagfile, "round_trip", MagicMock(return_value=dag("first", first="second", second=""))
    )
    assert dagfile.serialization(made, "dags/x.py", SOURCE) == []
    assert [type(task) for task in dagfile.task_ids(made)] == [str, str]
    monkeypatch.setattr(dagfile, "round_trip", MagicMock(return_value=dag("first", first="", second="")))
    (finding,) = dagfile.serialization(made, "dags/x.py", SOURCE)
    assert str(finding["cause"]).startswith(
        "DAG 'first' isn't the same after serialization: edges: ['first >> "
    )


@pytest.mark.parametrize(
    ("text", "line", "decided"),
    [
        ("if x:\n    raise ValueError", 2, True),
        ("def f():\n    raise ValueError", 2, True),
        ("assert x in (1, 2)", 1, True),
        ("raise ValueError", 1, False),
        ("x = 1 / 0\nif x:\n    raise ValueError", 1, False),
    ],
)
def test_an_error_that_own_code_raises_under_a_condition_is_told_apart(
    tmp_path: Path, text: str, line: int, *, decided: bool
) -> None:
    for tree in ("dags", "lib"):
        (tmp_path / tree).mkdir()
        file = tmp_path / tree / "x.py"
        file.write_text(text)
        traceback = f'  File "/other.py", line 9\n  File "{file}", line {line}, in f\nValueError\n'
        assert dagfile.decides(traceback, str(tmp_path)) is (decided and tree == "dags")


def test_a_config_has_its_task_and_line() -> None:
    configured = dag("load", **{"group.first": ""})
    configured.task_dict["group.first"].executor_config = "text"
    (finding,) = dagfile.executor_configs(configured, "dags/x.py", SOURCE)
    cause = "task 'group.first' of DAG 'load': executor_config is a str"
    assert (finding["line"], finding["cause"]) == (8, cause)


def test_the_answer_on_a_file_is_complete(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "dags/api/dag.py"
    path.parent.mkdir(parents=True)
    path.write_text(TEXT)

    def bag(_: str, parts: Any, *, safe_mode: bool, on_dag: Any) -> object:  # noqa: ANN401 - Airflow's own
        assert (parts.path, safe_mode) == (tmp_path / "dags", True)
        on_dag(dag("load", b="a", a=""), None)
        on_dag(dag("bad"), ValueError("x"))
        return SimpleNamespace(import_errors={})

    def same(value: object) -> object:
        return value

    def watch(recorder: Recorder) -> None:
        recorder.accesses.append({"kind": "network"})

    monkeypatch.setattr(dagfile, "watch", watch)
    monkeypatch.setattr(dagfile, "dag_bag", bag)
    monkeypatch.setattr(dagfile, "is_skipped", MagicMock(return_value=False))
    monkeypatch.setattr(dagfile, "round_trip", same)
    monkeypatch.setattr(executor_config, "check_serializable", same)
    answer = dagfile.examine(str(path), SimpleNamespace(path=tmp_path / "dags"), safe_mode=True)
    assert answer.pop("seconds") >= 0
    assert answer.pop("waited") >= 0
    assert answer == {
        "file": "dags/api/dag.py",
        "skipped": False,
        "dags": [{"id": "load", "line": 7, "tasks": ["a", "b"]}],
        "errors": [
            {
                "kind": "dag",
                "cause": "DAG 'bad': ValueError: x",
                "line": 0,
                "statement": "",
                "decided": False,
            }
        ],
        "findings": [],
        "accesses": [{"kind": "network"}],
    }
