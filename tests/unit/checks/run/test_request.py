"""Requests for runs, and their commands."""

import pytest

from ci.checks.run.request import Request
from ci.errors import ConfigurationError

DAY = "2026-01-31"


def test_a_request_is_a_command_of_airflow() -> None:
    for dag, task, date, command, what in (
        ("d", "", "", "dags test -- d", "DAG 'd'"),
        ("d.1", "g.t-2", DAY, f"tasks test -- d.1 g.t-2 {DAY}", "task 'g.t-2' of DAG 'd.1'"),
        ("d", "g.t[0]", DAY, f"tasks test --map-index 0 -- d g.t {DAY}", "task 'g.t[0]' of DAG 'd'"),
        ("d", "t[12]", "", "tasks test --map-index 12 -- d t", "task 't[12]' of DAG 'd'"),
        ("-d", "", f"{DAY}T06:00:00+00:00", f"dags test -- -d {DAY}T06:00:00+00:00", "DAG '-d'"),
    ):
        request = Request(dag=dag, task=task, date=date)
        assert " ".join(request.arguments) == f"airflow {command}"
        assert request.what == what


def test_all_mistakes_are_reported() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Request(dag="", task="a b", date="yesterday", seconds=0)
    problems = caught.value.problems
    assert len(problems) == 4
    assert problems[0].startswith("invalid --dag-id '': expected at most 250 letters, digits")
    assert problems[1].startswith("invalid --task-id 'a b'")
    assert problems[2].startswith("invalid --logical-date 'yesterday': expected an ISO date or time")
    assert problems[3] == "invalid --timeout 0: expected at least 1 second"


def test_an_id_is_as_long_as_airflow_lets_it_be_and_its_number_one() -> None:
    assert Request(dag="d" * 250).dag
    with pytest.raises(ConfigurationError, match="at most 250"):
        Request(dag="d" * 251)
    for task in ("t[]", "t[-1]", "t[01]", "t[x]", "[1]", "t[1][2]", "t[1]x", "t[9999999999]"):
        with pytest.raises(ConfigurationError) as caught:
            Request(dag="d", task=task)
        (problem,) = caught.value.problems
        assert problem.startswith(f"invalid --task-id {task!r}: expected at most 250 letters, digits")
        assert "after a mapped task's id a number as in load[0]" in problem
