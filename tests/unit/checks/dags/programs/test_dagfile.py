"""The answer on a DAG file: errors, cycles, executor_config, and changes by serialization."""

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
        ("import", "ImportError: no", 4, "from scripts.tool import one, two"),
        ("timeout", "timed out: Airflow gives up a file after 30 s", 0, ""),
        ("cycle", "DAG 'load' has a cycle: a >> a", 7, ""),
        ("dag", "DAG 'extract': ValueError: bad", 11, ""),
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
    assert answer == {
        "file": "dags/api/dag.py",
        "skipped": False,
        "dags": [{"id": "load", "line": 7, "tasks": ["a", "b"]}],
        "errors": [{"kind": "dag", "cause": "DAG 'bad': ValueError: x", "line": 0, "statement": ""}],
        "findings": [],
        "accesses": [{"kind": "network"}],
    }


def test_time_spent_waiting_is_none_where_the_kernel_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    assert dagfile.waiting_time() >= 0
    monkeypatch.setattr(Path, "read_text", MagicMock(return_value="what"))
    assert dagfile.waiting_time() == 0
