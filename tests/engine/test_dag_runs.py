"""Each DAG type run for real in its image: `airflow dags test`, PostgreSQL, a server of the real protocol."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import dagger
import pytest
from dagger import dag

from ci.config import pins
from ci.image import build, layers
from ci.image.base import BaseImage
from ci.tools import containers
from ci.tools.checkout import Checkout
from tests.engine.conftest import PROJECT, uncached
from tests.engine.servers import api_data, dbt_data, salesforce_data

pytestmark = pytest.mark.anyio

SERVERS = PROJECT / "tests/engine/servers"
DATABASE = {
    "POSTGRES_HOST": "db",
    "POSTGRES_DATABASE": "warehouse",
    "POSTGRES_USER": "loader",
    "POSTGRES_PASSWORD": "l0ader",
}


def database() -> dagger.Service:
    """Return an empty PostgreSQL."""
    server = uncached(containers.without_certificate_updates(dag.container().from_(pins.image("postgres"))))
    for name, theirs in {
        "POSTGRES_DB": "POSTGRES_DATABASE",
        "POSTGRES_USER": "POSTGRES_USER",
        "POSTGRES_PASSWORD": "POSTGRES_PASSWORD",
    }.items():
        server = server.with_env_variable(name, DATABASE[theirs])
    # It ends with the test: nothing is to survive a crash.
    server = server.with_env_variable("POSTGRES_INITDB_ARGS", "--no-sync")
    command = ["postgres", "-c", "fsync=off", "-c", "full_page_writes=off"]
    return server.with_exposed_port(5432).as_service(args=command, use_entrypoint=True)


def server(program: str) -> dagger.Service:
    """One of the HTTP servers, with its data as it is at the start."""
    return (
        uncached(containers.tool_container())
        .with_mounted_directory("/servers", dag.host().directory(str(SERVERS)))
        .with_exposed_port(8080)
        .as_service(args=["python", "-B", f"/servers/{program}", "--port", "8080"])
    )


class Run:
    """A DAG type's container, bound to its services, and a client of the same database."""

    def __init__(
        self, container: dagger.Container, services: dict[str, dagger.Service], env: dict[str, str]
    ) -> None:
        self._container = container
        client = containers.without_certificate_updates(dag.container().from_(pins.image("postgres")))
        self._client = client.with_env_variable("PGPASSWORD", DATABASE["POSTGRES_PASSWORD"])
        for name, service in services.items():
            self._container = self._container.with_service_binding(name, service)
            self._client = self._client.with_service_binding(name, service)
        for name, value in {**DATABASE, **env, "CONNECTION_CHECK_MAX_COUNT": "0"}.items():
            self._container = self._container.with_env_variable(name, value)

    async def ready(self) -> None:
        """Wait until the database answers a query; its port alone is open earlier."""
        ask = "for i in $(seq 60); do pg_isready -q -h db -U loader && exit 0; sleep 0.5; done; exit 1"
        await uncached(self._client).with_exec(["sh", "-c", ask]).sync()

    async def dag(self, dag_id: str) -> None:
        """Run a DAG once, through the image's own entrypoint."""
        command = ["bash", "-c", f"exec timeout -k 5 1200 airflow dags test {dag_id}"]
        ran = uncached(self._container).with_exec(command, use_entrypoint=True, expect=dagger.ReturnType.ANY)
        output = f"{await ran.stdout()}\n{await ran.stderr()}"
        assert await ran.exit_code() == 0, output[-6000:]

    async def rows(self, *statements: str) -> list[object]:
        """Return the result of each statement, which gives one JSON array."""
        query = ["psql", "-h", "db", "-U", "loader", "-d", "warehouse", "-At"]
        query += [word for statement in statements for word in ("-c", statement)]
        # An array may be printed on several lines.
        text, decoder = await uncached(self._client).with_exec(query).stdout(), json.JSONDecoder()
        arrays: list[object] = []
        while text := text.lstrip():
            array, end = decoder.raw_decode(text)
            arrays.append(array)
            text = text[end:]
        return arrays

    async def post(self, path: str) -> None:
        """Tell the server to change its data."""
        program = (
            f"import urllib.request as u; u.urlopen(u.Request('http://server:8080{path}', method='POST'))"
        )
        await uncached(self._container).with_exec(["python", "-c", program]).sync()


@asynccontextmanager
async def running(container: dagger.Container, program: str, env: dict[str, str]) -> AsyncGenerator[Run]:
    """Start the services, and stop them whatever happens."""
    services = {"db": database(), **({"server": server(program)} if program else {})}
    started = {name: await service.start() for name, service in services.items()}
    try:
        run = Run(container, started, env)
        await run.ready()
        yield run
    finally:
        for service in started.values():
            await service.stop(kill=True)


async def container_of(name: str, sources: Checkout, below: BaseImage) -> dagger.Container:
    """Return a DAG type's image as a container that has Airflow's own database, made once by the base."""
    migrated = (
        containers.without_certificate_updates(layers.with_bytecode(below, "start"))
        .with_exec(["airflow", "db", "migrate"])
        .file("/opt/airflow/airflow.db")
    )
    built = await build.build((await sources.catalog()).get(name), sources, below)
    container = containers.without_certificate_updates(built.container())
    return container.with_file("/opt/airflow/airflow.db", migrated, owner="50000:0")


async def test_salesforce_loads_every_object_and_then_what_changed(
    sources: Checkout, below: BaseImage
) -> None:
    env = {
        "SALESFORCE_USERNAME": "loader@example.com",
        "SALESFORCE_PASSWORD": "pa<ss&word",
        "SALESFORCE_SECURITY_TOKEN": "tok3n",
        "SALESFORCE_GATEWAY_URL": "http://server:8080",
    }
    async with running(await container_of("salesforce", sources, below), "salesforce.py", env) as run:
        for revised in (False, True):
            if revised:
                await run.post("/revise")
            await run.dag("salesforce_extraction")
            tables = await run.rows(*map(salesforce_data.select_statement, salesforce_data.FIELDS))
            for name, rows in zip(salesforce_data.FIELDS, tables, strict=True):
                assert rows == salesforce_data.expected(name, revised=revised), name


async def test_api_loads_every_page_in_spite_of_a_server_that_stumbles(
    sources: Checkout, below: BaseImage
) -> None:
    env = {"API_BASE_URL": "http://server:8080", "API_TOKEN": "api-t0ken"}
    async with running(await container_of("api", sources, below), "api.py", env) as run:
        for revised in (False, True):
            if revised:
                await run.post("/revise")
            await run.dag("api_ingestion")
            assert await run.rows(api_data.SELECT_STATEMENT) == [api_data.expected(revised=revised)]


async def test_dbt_seeds_builds_and_tests_its_project(sources: Checkout, below: BaseImage) -> None:
    async with running(await container_of("dbt", sources, below), "", {}) as run:
        await run.dag("dbt_transformation")
        assert await run.rows(dbt_data.SELECT_STATEMENT) == [dbt_data.expected()]
