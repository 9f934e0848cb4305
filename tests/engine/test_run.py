"""DAGs and single tasks run in their type's image: what is told of them, and what is never shown."""

import asyncio
from collections.abc import AsyncIterator

import dagger
import pytest
from dagger import dag

from ci import running
from ci.base import BaseImage
from ci.errors import ConfigurationError
from ci.run_request import Request
from ci.running import RunFailedError
from ci.sources import Sources
from tests.engine.conftest import repository
from tests.engine.test_smoke import PYPROJECT, with_locks

pytestmark = pytest.mark.anyio

ELSEWHERE = "  dags/other/elsewhere.py names it: run it with --dag other"
CANARY = "c4nary/<of>&a=mine"
DAGS = """
import os

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, task

with DAG("good"):

    @task
    def write():
        import psycopg2

        names = {"host": "HOST", "port": "PORT", "dbname": "DATABASE", "user": "USER", "password": "PASSWORD"}
        connection = psycopg2.connect(**{key: os.environ[f"POSTGRES_{name}"] for key, name in names.items()})
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE written AS SELECT generate_series(1, 3) AS n")

    @task
    def read():
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        rows = PostgresHook("postgres_default").get_records("SELECT sum(n) FROM written")
        assert rows == [(6,)], rows

    write() >> read()

with DAG("secretive"):

    @task
    def tell():
        value = os.environ["CANARY"]
        print("the canary is", value)
        raise ValueError(f"{len(value)} characters: {value!r} by {os.environ['POSTGRES_USER']}")

    @task
    def after():
        pass

    tell() >> after()

with DAG("again"):

    @task
    def work():
        pass

    TriggerDagRunOperator(task_id="trigger", trigger_dag_id="again") >> work()

with DAG("mapped"):

    @task
    def add(x):
        assert x == 2, x

    @task
    def plain():
        pass

    add.expand(x=[1, 2])
    plain()
"""
BROKEN = """
import os

from airflow.sdk import DAG

if "API_TOKEN" in os.environ:
    raise ValueError(f"bad token {os.environ['API_TOKEN']}")
"""
FILES = {
    "images/small/pyproject.toml": PYPROJECT.format(name="small"),
    "dags/small/small.py": DAGS,
    "dags/small/broken.py": BROKEN,
    "images/other/pyproject.toml": PYPROJECT.format(name="other"),
    "dags/other/made.py/notes.txt": "a folder with the name of a file\n",
    "dags/other/elsewhere.py": "from airflow.sdk import DAG\n\nwith DAG('elsewhere'):\n    pass\n",
}


@pytest.fixture
async def small(below: BaseImage) -> AsyncIterator[Sources]:
    """A repository of two DAG types."""
    sources = repository(await with_locks(FILES, below))
    yield sources
    sources.close()


async def run(
    sources: Sources, below: BaseImage, request: Request, env_file: dagger.Secret | None = None
) -> str:
    """Run what is asked for in the type "small"."""
    return await running.run((await sources.catalog()).get("small"), request, sources, below, env_file)


async def test_a_dag_runs_against_a_database_of_its_own(small: Sources, below: BaseImage) -> None:
    # Twice at once: each makes the same table, which would be there already in a database they share.
    told = await asyncio.gather(*(run(small, below, Request(dag="good")) for _ in range(2)))
    assert told == ["dag    good\nstate  success\ntasks  2 success"] * 2


async def test_what_a_failing_dag_tells_has_its_cause_and_none_of_the_values_it_was_given(
    small: Sources, below: BaseImage
) -> None:
    text = f"# comment\nexport CANARY='{CANARY}'\nPOSTGRES_USER=somebody\n"
    env_file = dag.set_secret("canary-file", text)
    with pytest.raises(RunFailedError) as caught:
        await run(small, below, Request(dag="secretive", date="2026-01-31"), env_file)
    told = str(caught.value)
    assert told.startswith("DAG 'secretive' failed with exit code 1\n")
    assert "not done: after (upstream_failed), tell (failed)\n" in told
    assert "the canary is ***" in told
    assert f"ValueError: {len(CANARY)} characters: '***' by ***" in told
    assert CANARY not in told
    assert "c4nary" not in told
    assert caught.value.error.extensions["exitCode"] == 1
    assert caught.value.error.extensions["_type"] == "EXEC_ERROR"


@pytest.mark.parametrize(("task", "code"), [("after", 0), ("tell", 1)])
async def test_a_task_runs_alone_and_its_failure_is_one(
    task: str, code: int, small: Sources, below: BaseImage
) -> None:
    env_file = dag.set_secret("plain-file", "CANARY=a\n")
    request = Request(dag="secretive", task=task)
    if code:
        with pytest.raises(RunFailedError) as caught:
            await run(small, below, request, env_file)
        assert caught.value.error.extensions["exitCode"] == code
        assert "not done: tell (failed)\n" in str(caught.value)
    else:
        told = await run(small, below, request, env_file)
        assert told == "dag    secretive\ntask   after\nstate  success\ntasks  1 success"


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (
            Request(dag="elsewhere"),
            "no DAG 'elsewhere' in the DAG type 'small': There are: again, good, mapped, secretive\n"
            + ELSEWHERE,
        ),
        (
            Request(dag="good", task="red"),
            "no task 'red' in the DAG 'good': did you mean 'read'? There are: read, write",
        ),
    ],
)
async def test_what_is_not_there_is_told_with_what_is(
    request_: Request, told: str, small: Sources, below: BaseImage
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        await run(small, below, request_)
    assert str(caught.value) == told


async def test_a_mapped_task_runs_with_the_value_that_was_asked_for(small: Sources, below: BaseImage) -> None:
    told = await run(small, below, Request(dag="mapped", task="add[1]"))
    assert told == "dag    mapped\ntask   add[1]\nstate  success\ntasks  1 success"
    with pytest.raises(RunFailedError) as caught:
        await run(small, below, Request(dag="mapped", task="add[0]"))
    assert "task 'add[0]' of DAG 'mapped' failed" in str(caught.value)
    assert "not done: add[0] (failed)\n" in str(caught.value)


@pytest.mark.parametrize(
    ("task", "told"),
    [
        ("add", "'add' is mapped: write --task-id 'add[0]', or another of its numbers"),
        ("plain[0]", "'plain' isn't mapped: write --task-id plain"),
    ],
)
async def test_whether_a_task_is_mapped_is_told(
    task: str, told: str, small: Sources, below: BaseImage
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        await run(small, below, Request(dag="mapped", task=task))
    assert str(caught.value) == told


async def test_a_malformed_file_is_told_by_its_lines(small: Sources, below: BaseImage) -> None:
    env_file = dag.set_secret("malformed-file", f"A=1\n{CANARY}\nPYTHONPATH={CANARY}\n")
    with pytest.raises(ConfigurationError) as caught:
        await run(small, below, Request(dag="good"), env_file)
    assert caught.value.problems == (
        "--env-file: line 2 has no name of a variable before its =: use letters, digits and _",
        "--env-file: line 3 sets PYTHONPATH, which belongs to the image: remove the line",
    )


async def test_what_a_broken_file_raised_is_told_without_the_values_in_it(
    small: Sources, below: BaseImage
) -> None:
    env_file = dag.set_secret("token-file", f"API_TOKEN='{CANARY}'\n")
    with pytest.raises(ConfigurationError) as caught:
        await run(small, below, Request(dag="absent"), env_file)
    told = str(caught.value)
    assert "no DAG 'absent'" in told
    assert "broken.py can't be parsed: ValueError: bad token ***" in told
    assert "c4nary" not in told


async def test_a_user_that_the_server_refuses_is_told_without_the_name(
    small: Sources, below: BaseImage
) -> None:
    env_file = dag.set_secret("user-file", "POSTGRES_USER=pg_c4nary\n")
    with pytest.raises(ConfigurationError) as caught:
        await run(small, below, Request(dag="good"), env_file)
    (told,) = caught.value.problems
    assert told.startswith(
        "POSTGRES_USER or POSTGRES_DATABASE can't be made in the run's own server: Reserved"
    )
    assert 'role name "***" is reserved' in told
    assert "c4nary" not in told


async def test_an_airflow_that_ends_before_it_parses_blames_no_dag(small: Sources, below: BaseImage) -> None:
    env_file = dag.set_secret("logging-file", "AIRFLOW__LOGGING__LOGGING_CONFIG_CLASS=no.such.settings\n")
    with pytest.raises(RunFailedError) as caught:
        await run(small, below, Request(dag="good"), env_file)
    told = str(caught.value)
    assert told.startswith("DAG 'good' failed with exit code 1\n  the end of its log:\n")
    assert "ImportError" in told or "ModuleNotFoundError" in told


@pytest.mark.parametrize(
    ("task", "told"),
    [
        ("", "dag    again\nstate  success\ntasks  2 success"),
        ("trigger", "dag    again\ntask   trigger\nstate  success\ntasks  1 success"),
    ],
)
async def test_a_run_that_a_dag_triggers_is_not_the_one_that_was_asked_for(
    task: str, told: str, small: Sources, below: BaseImage
) -> None:
    assert await run(small, below, Request(dag="again", task=task)) == told


async def test_a_run_that_takes_too_long_is_ended(small: Sources, below: BaseImage) -> None:
    with pytest.raises(RunFailedError) as caught:
        await run(small, below, Request(dag="good", seconds=1))
    assert str(caught.value).startswith("DAG 'good' was ended after 1 s: raise --timeout")
    assert caught.value.error.extensions["exitCode"] == 124
