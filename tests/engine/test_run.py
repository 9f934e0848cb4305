"""DAGs and single tasks run in their type's image: results, and values that are never shown."""

import asyncio
from collections.abc import AsyncIterator

import dagger
import pytest
from dagger import dag

from ci.checks.run import run as run_run
from ci.checks.run.request import Request
from ci.errors import ConfigurationError
from ci.image.base import BaseImage
from ci.tools.checkout import Checkout
from ci.tools.engine import ExitCodeError
from tests.engine.conftest import repository
from tests.engine.test_smoke import PYPROJECT, with_locks

pytestmark = pytest.mark.anyio

CANARY = "c4nary/<of>&a=mine"
DAGS = """
import os

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, task

with DAG("good"):
    # A run of the same DAG that nothing starts.
    trigger = TriggerDagRunOperator(task_id="trigger", trigger_dag_id="good")

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

    trigger >> write() >> read()

with DAG("secretive"):

    @task
    def tell():
        value = os.environ["CANARY"]
        print("the canary is", value)
        raise ValueError(f"{len(value)} characters: {value!r} by {os.environ['POSTGRES_USER']}")

    @task
    def add(x):
        assert x == 2, x

    tell() >> add.expand(x=[1, 2])
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
async def small(below: BaseImage) -> AsyncIterator[Checkout]:
    """Yield a repository of two DAG types."""
    sources = repository(await with_locks(FILES, below))
    yield sources
    sources.close()


async def run(
    sources: Checkout, below: BaseImage, request: Request, env_file: dagger.Secret | None = None
) -> str:
    """Run a request in the type "small"."""
    return await run_run.run((await sources.catalog()).get("small"), request, sources, below, env_file)


async def test_runs_at_once_have_a_database_each_and_a_triggered_run_is_not_counted(
    small: Checkout, below: BaseImage
) -> None:
    # Both create the same table, which would fail in a shared database.
    texts = await asyncio.gather(*(run(small, below, Request(dag="good")) for _ in range(2)))
    assert texts == ["dag    good\nstate  success\ntasks  3 success"] * 2


async def test_failed_dag_names_its_cause_and_hides_the_variables_of_the_env_file(
    small: Checkout, below: BaseImage
) -> None:
    text = f"# comment\nexport CANARY='{CANARY}'\nPOSTGRES_USER=somebody\n"
    env_file = dag.set_secret("canary-file", text)
    with pytest.raises(ExitCodeError) as caught:
        await run(small, below, Request(dag="secretive", date="2026-01-31"), env_file)
    message = str(caught.value)
    assert message.startswith("DAG 'secretive' failed with exit code 1\n")
    assert "not done: add[0] (upstream_failed), add[1] (upstream_failed), tell (failed)\n" in message
    assert "the canary is ***" in message
    assert f"ValueError: {len(CANARY)} characters: '***' by ***" in message
    assert CANARY not in message
    assert "c4nary" not in message
    assert caught.value.error.extensions["exitCode"] == 1
    assert caught.value.error.extensions["_type"] == "EXEC_ERROR"


async def test_single_task_runs_alone_with_its_mapped_value_and_its_failure_is_the_runs(
    small: Checkout, below: BaseImage
) -> None:
    # What comes before add[1] never ran, and what trigger triggers is another run.
    good, passed, failed = await asyncio.gather(
        run(small, below, Request(dag="good", task="trigger")),
        run(small, below, Request(dag="secretive", task="add[1]")),
        run(small, below, Request(dag="secretive", task="add[0]")),
        return_exceptions=True,
    )
    assert good == "dag    good\ntask   trigger\nstate  success\ntasks  1 success"
    assert passed == "dag    secretive\ntask   add[1]\nstate  success\ntasks  1 success"
    assert isinstance(failed, ExitCodeError)
    assert failed.error.extensions["exitCode"] == 1
    assert str(failed).startswith(
        "task 'add[0]' of DAG 'secretive' failed with exit code 1\n  not done: add[0] (failed)\n"
    )


async def test_run_that_cannot_start_or_takes_too_long_says_why_without_the_variables(
    small: Checkout, below: BaseImage
) -> None:
    # The file that needs the token fails where it is set; the server keeps pg_ for itself.
    token = dag.set_secret("token-file", f"API_TOKEN='{CANARY}'\n")
    user = dag.set_secret("user-file", "POSTGRES_USER=pg_c4nary\n")
    absent, refused, late = await asyncio.gather(
        run(small, below, Request(dag="elsewhere"), token),
        run(small, below, Request(dag="good"), user),
        run(small, below, Request(dag="good", seconds=1)),
        return_exceptions=True,
    )
    assert isinstance(absent, ConfigurationError)
    assert absent.problems == (
        (
            "no DAG 'elsewhere' in the DAG type 'small'; it has: good, secretive\n"
            "  dags/other/elsewhere.py contains this id: use --dag other\n"
            "  could not parse small/broken.py: ValueError: bad token ***"
        ),
    )
    assert isinstance(refused, ConfigurationError)
    (problem,) = refused.problems
    assert problem.startswith(
        "could not create POSTGRES_USER or POSTGRES_DATABASE in the run's own server: Reserved"
    )
    assert 'role name "***" is reserved' in problem
    assert "c4nary" not in problem
    assert isinstance(late, ExitCodeError)
    assert str(late).startswith("DAG 'good' timed out after 1 s: raise --timeout")
    assert late.error.extensions["exitCode"] == 124
