"""Runs of a DAG or one task, in its type's image and with a PostgreSQL of its own."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import dagger
from dagger import dag

from ...config import pins
from ...config.dag_type import DagType
from ...config.fields import RESERVED_ENV
from ...errors import StepError
from ...image import build, layers
from ...image.base import BaseImage
from ...tools import containers, failures
from ...tools.checkout import Checkout
from ...tools.engine import exit_code_error, retrying
from .request import Request
from .result import RunResult, other_types_hint

HOST = "postgres"
USER = "airflow"
WAREHOUSE = "warehouse"
METADATA = f"postgresql+psycopg2://{USER}:{USER}@{HOST}:5432/airflow"
_URL = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
# Variables that image and file may override. The server takes any password: only the run can connect to it.
DEFAULTS = {
    "POSTGRES_HOST": HOST,
    "POSTGRES_PORT": "5432",
    "POSTGRES_DATABASE": WAREHOUSE,
    "POSTGRES_USER": USER,
    "POSTGRES_PASSWORD": USER,
    "AIRFLOW_CONN_POSTGRES_DEFAULT": f"postgresql://{USER}:{USER}@{HOST}:5432/{WAREHOUSE}",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
}
FIXED = {
    _URL: METADATA,
    "CONNECTION_CHECK_MAX_COUNT": "0",  # no wait in the entrypoint: the run starts when the server answers
}
RESERVED = sorted(RESERVED_ENV | {"_PIP_ADDITIONAL_REQUIREMENTS"})
_DATA = "/mnt/data"
# Nothing has to survive the run, and the log must not have failed statements with their values.
_SETTINGS = ("fsync=off", "full_page_writes=off", "log_min_messages=fatal", "log_min_error_statement=panic")
_SERVER = ["postgres", *(word for setting in _SETTINGS for word in ("-c", setting))]
_INIT = "docker-entrypoint-initdb.d"
# The server is the shell's child, and is stopped as by `pg_ctl stop --mode=fast`, with all data written.
_MAKE = """
"$@" postgres & server=$!
for i in $(seq 600); do
    pg_isready -q -h 127.0.0.1 && break
    kill -0 $server || exit 1
    sleep 0.1
done
kill -INT $server && wait $server
"""


async def run(
    dag_type: DagType,
    request: Request,
    checkout: Checkout,
    base: BaseImage,
    env_file: dagger.Secret | None = None,
) -> str:
    """Run a DAG or task in the image of its type, and return a summary; ``env_file`` has lines NAME=VALUE."""
    built = await build.build(dag_type, checkout, base)
    container = containers.without_certificate_updates(built.container())
    # Another version of Airflow has other tables; images with the base's Airflow share the base's tables.
    own_airflow = any(name.startswith("apache-airflow") for name in dag_type.settings.allow_base_changes)
    plain = layers.with_bytecode(base, dag_type.settings.bytecode)
    airflow = container if own_airflow else containers.without_certificate_updates(plain)
    with failures.as_step_error(f"could not run {request.what}"):
        async with _database(airflow) as server:
            result = await _execute(container.with_service_binding(HOST, server), request, env_file)
    hint = ""
    if result.lacks_dag(request):
        types = (await checkout.catalog()).types.values()
        others = [other for other in types if other.name != dag_type.name]
        hint = other_types_hint(request.dag, await checkout.exported(), others)
    result.check(request, dag_type, hint)
    if code := result.code(request):
        raise exit_code_error(result.failure(request), code)
    return result.text(request)


async def _execute(
    container: dagger.Container, request: Request, env_file: dagger.Secret | None
) -> RunResult:
    """Return the result of a run in a container that is bound to its database."""
    job = {
        "command": [*await retrying(container.entrypoint), *request.arguments],
        "dag": request.dag,
        "task": request.task_id,
        "seconds": request.seconds,
        "folder": await container.workdir(),
        "reserved": RESERVED,
        "database": METADATA,
        "defaults": DEFAULTS,
        "fixed": FIXED,
    }
    if env_file:
        container = container.with_mounted_secret("/mnt/env", env_file, owner=layers.AIRFLOW, mode=0o400)
    ran = (
        containers.with_out(containers.uncached(container), layers.AIRFLOW)
        .with_mounted_directory("/mnt/programs", containers.programs("checks/run/run"))
        .with_mounted_file("/mnt/job.json", dag.file("job.json", json.dumps(job, sort_keys=True)))
        .with_mounted_temp("/opt/airflow/logs")  # so that no layer has what tasks print
        .with_workdir("/mnt/programs")
        .with_exec(
            ["python", "-B", "-m", "programs.run", "/mnt/job.json", "/mnt/env", containers.ANSWER],
            expect=dagger.ReturnType.ANY,
        )
    )
    code = await ran.exit_code()  # without retrying: a run is never repeated
    try:
        text = await retrying(ran.file(containers.ANSWER).contents)
    except dagger.QueryError:
        last_lines = (await retrying(ran.stderr)).strip().splitlines()[-12:]
        problem = f"{request.what} ended with exit code {code} and no result; its last lines:"
        raise StepError(["\n    ".join([problem, *last_lines])]) from None
    return RunResult.model_validate_json(text).for_request(request)


@asynccontextmanager
async def _database(airflow: dagger.Container) -> AsyncGenerator[dagger.Service]:
    """Start a server with Airflow's tables and an empty second database, and stop it with the run."""
    fresh = containers.uncached(_postgres())  # one per run: equal services are one service
    started = await _server(fresh.with_directory(_DATA, await _cluster(airflow))).start()
    try:
        yield started
    finally:
        await started.stop(kill=True)


async def _cluster(airflow: dagger.Container) -> dagger.Directory:
    """Return the files of a server with both databases; the engine makes them once for an Airflow."""
    dump_file = f"{containers.OUT}/dump.sql"
    dump = (
        containers.with_out(airflow, layers.AIRFLOW)
        .with_service_binding(HOST, _server(_postgres()))
        .with_mounted_directory("/mnt/programs", containers.programs("checks/run/migrate"))
        .with_env_variable(_URL, METADATA)
        .with_workdir("/mnt/programs")
        .with_exec(["python", "-B", "-m", "programs.migrate", METADATA, dump_file])
        .file(dump_file)
    )
    filled = _postgres().with_mounted_file(f"/{_INIT}/1.sql", dump)
    filled = filled.with_mounted_file(f"/{_INIT}/2.sql", dag.file("2.sql", f"CREATE DATABASE {WAREHOUSE};"))
    entrypoint = await retrying(filled.entrypoint)
    return filled.with_exec(["bash", "-c", _MAKE, "bash", *entrypoint]).directory(_DATA)


def _server(postgres: dagger.Container) -> dagger.Service:
    return postgres.with_exposed_port(5432).as_service(args=_SERVER, use_entrypoint=True)


def _postgres() -> dagger.Container:
    """Return the server's image, configured; the default folder for data is a volume, which is lost."""
    server = containers.without_certificate_updates(dag.container().from_(pins.image("postgres")))
    for name, value in {
        "PGDATA": _DATA,
        "POSTGRES_USER": USER,
        "POSTGRES_DB": "airflow",
        "POSTGRES_HOST_AUTH_METHOD": "trust",
    }.items():
        server = server.with_env_variable(name, value)
    return server
