"""What can be asked to run, and the command that does it."""

import pytest

from ci.checks.run.request import Request
from ci.errors import ConfigurationError


@pytest.mark.parametrize(
    ("request_", "command", "what"),
    [
        (Request(dag="d"), "airflow dags test -- d", "DAG 'd'"),
        (
            Request(dag="d.1", task="group.t-2", date="2026-01-31"),
            "airflow tasks test -- d.1 group.t-2 2026-01-31",
            "task 'group.t-2' of DAG 'd.1'",
        ),
        (
            Request(dag="d", task="group.t[0]", date="2026-01-31"),
            "airflow tasks test --map-index 0 -- d group.t 2026-01-31",
            "task 'group.t[0]' of DAG 'd'",
        ),
        (
            Request(dag="d", task="t[12]"),
            "airflow tasks test --map-index 12 -- d t",
            "task 't[12]' of DAG 'd'",
        ),
        (
            Request(dag="-d", date="2026-01-31T06:00:00+00:00"),
            "airflow dags test -- -d 2026-01-31T06:00:00+00:00",
            "DAG '-d'",
        ),
    ],
)
def test_a_request_is_a_command_of_airflow(request_: Request, command: str, what: str) -> None:
    assert " ".join(request_.arguments) == command
    assert request_.what == what


def test_all_that_is_wrong_is_told() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Request(dag="", task="a b", date="yesterday", seconds=0)
    told = caught.value.problems
    assert len(told) == 4
    assert told[0].startswith("--dag-id '' can't be one of Airflow's: expected letters, digits")
    assert told[1].startswith("--task-id 'a b' can't be one of Airflow's")
    assert told[2].startswith("--logical-date 'yesterday' is no date: expected an ISO date or time")
    assert told[3] == "--timeout 0: expected seconds, 1 or more"


def test_an_id_is_as_long_as_airflow_lets_it_be() -> None:
    assert Request(dag="d" * 250).dag
    with pytest.raises(ConfigurationError, match="250 at most"):
        Request(dag="d" * 251)


@pytest.mark.parametrize(
    ("task", "task_id", "map_index"), [("", "", -1), ("t", "t", -1), ("t[0]", "t", 0), ("a.t[37]", "a.t", 37)]
)
def test_a_mapped_task_has_its_number_in_brackets(task: str, task_id: str, map_index: int) -> None:
    request = Request(dag="d", task=task)
    assert (request.task_id, request.map_index) == (task_id, map_index)


@pytest.mark.parametrize(
    "task", ["t[]", "t[-1]", "t[01]", "t[x]", "[1]", "t[1][2]", "t[1]x", "t[9999999999]"]
)
def test_what_is_no_number_is_told_with_how_one_is_written(task: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Request(dag="d", task=task)
    (told,) = caught.value.problems
    assert told.startswith(f"--task-id {task!r} can't be one of Airflow's: expected letters, digits")
    assert "behind a mapped task's id its number as in load[0]" in told
