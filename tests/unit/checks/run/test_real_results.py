"""Results of real runs of Airflow 3.1, and their texts for the user."""

import json
from typing import Any

import pytest

from ci.checks.run.request import Request
from ci.checks.run.result import RunResult
from ci.config import dag_type
from ci.errors import ConfigurationError

TYPE = dag_type.parse(
    "small", "images/small/pyproject.toml", '[project]\nname = "small"\ndependencies = []\n'
)
DAGS = {"good": ["read", "write"], "mapped": ["add", "plain"], "secretive": ["after", "tell"]}
PACKAGES = "/home/airflow/.local/lib/python3.13/site-packages/airflow"
NO_TASK = (
    f'  File "{PACKAGES}/sdk/definitions/dag.py", line 982, in get_task',
    '    raise TaskNotFound(f"Task {task_id} not found")',
    "airflow.exceptions.TaskNotFound: Task red not found",
)
NO_INDEX = (
    f'  File "{PACKAGES}/cli/commands/task_command.py", line 188, in _get_ti',
    '    raise RuntimeError("No map_index passed to mapped task")',
    "RuntimeError: No map_index passed to mapped task",
)
INDEX = (
    f'  File "{PACKAGES}/cli/commands/task_command.py", line 190, in _get_ti',
    '    raise RuntimeError("map_index passed to non-mapped task")',
    "RuntimeError: map_index passed to non-mapped task",
)
NO_LOGGING = (
    "    raise ImportError(",
    "    ...<2 lines>...",
    "    )",
    (
        "ImportError: Unable to load custom logging config from *** due to: "
        "ModuleNotFoundError:No module named 'no'"
    ),
)
FAILED = (
    "ValueError: 1 characters: 'a' by airflow",
    (
        "2026-11-30T01:20:21.613833Z [info     ] Task instance state updated    "
        "[airflow.api_fastapi.execution_api.routes.task_instances] loc=task_instances.py:424 new_state=failed"
    ),
)


def result(tail: tuple[str, ...], **other: Any) -> RunResult:  # noqa: ANN401 - fields of the result
    """Return the result of a run that Airflow refused, but for other fields."""
    refused: dict[str, Any] = {"import_errors": {}, "dags": DAGS, "run_state": None, "status": 1, "tasks": []}
    return RunResult.model_validate_json(json.dumps({**refused, "tail": tail, **other}))


@pytest.mark.parametrize(
    ("dag", "task", "tail", "problem"),
    [
        ("good", "red", NO_TASK, "no task 'red' in the DAG 'good': did you mean 'read'? It has: read, write"),
        ("mapped", "add", NO_INDEX, "task 'add' is mapped: name one instance, such as --task-id 'add[0]'"),
        ("mapped", "plain[0]", INDEX, "task 'plain' isn't mapped: use --task-id plain"),
    ],
)
def test_refused_task_is_a_mistake_in_the_request(
    dag: str, task: str, tail: tuple[str, ...], problem: str
) -> None:
    request = Request(dag=dag, task=task)
    with pytest.raises(ConfigurationError) as caught:
        result(tail).for_request(request).check(request, TYPE, "")
    assert caught.value.problems == (problem,)


@pytest.mark.parametrize("request_", [Request(dag="good"), Request(dag="good", task="read")])
def test_airflow_that_ends_before_it_parses_blames_no_dag(request_: Request) -> None:
    ended = result(NO_LOGGING, dags={})
    ended.check(request_, TYPE, "")
    assert not ended.lacks_dag(request_)
    assert ended.code(request_) == 1
    first, *log = ended.failure(request_).splitlines()
    assert first == f"{request_.what} failed with exit code 1"
    assert log == ["  the end of its log:", *(f"    {line}" for line in NO_LOGGING)]


def test_failed_task_that_airflow_exits_with_0_for_fails_the_run() -> None:
    request = Request(dag="secretive", task="tell")
    failed = result(FAILED, status=0, tasks=[{"id": "tell", "map_index": -1, "state": "failed"}])
    failed.check(request, TYPE, "")
    assert failed.code(request) == 1
    assert failed.failure(request).splitlines() == [
        "task 'tell' of DAG 'secretive' failed with exit code 1",
        "  not done: tell (failed)",
        "  the end of its log:",
        "    ValueError: 1 characters: 'a' by airflow",
    ]
