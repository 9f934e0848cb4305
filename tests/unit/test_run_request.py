"""What can be asked to run, and the command that does it."""

import pytest

from ci.errors import ConfigurationError
from ci.run_request import Request


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
