"""Running a DAG, or one task, in its type's image against a PostgreSQL of its own."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import dagger
import gql
from dagger import dag
from dagger._exceptions import QueryErrorValue
from dagger.mod._exceptions import FunctionError  # as in boundary: text, and no traceback

from ...config import pins
from ...config.dag_type import RESERVED_ENV, DagType
from ...errors import StepError
from ...image import build, layers, runtime
from ...image.base import BaseImage
from ...tools import containers, failures
from ...tools.checkout import Checkout
from ...tools.engine import retrying
from . import outcome
from .outcome import Outcome
from .programs.metadata import URL
from .request import Request

HOST = "postgres"
USER = "airflow"
WAREHOUSE = "warehouse"
# What a DAG finds where nothing else is said. The server takes any password: only the run reaches it.
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
    URL: f"postgresql+psycopg2://{USER}:{USER}@{HOST}:5432/airflow",
    "CONNECTION_CHECK_MAX_COUNT": "0",  # the entrypoint needn't wait: the run starts when the server answers
}
RESERVED = sorted(RESERVED_ENV | {"_PIP_ADDITIONAL_REQUIREMENTS"})
_DATA = "/mnt/data"
# Nothing is to outlive the run; and no statement that failed, with the values in it, is to be in the log.
_SETTINGS = ("fsync=off", "full_page_writes=off", "log_min_messages=fatal", "log_min_error_statement=panic")
_SERVER = ["postgres", *(word for setting in _SETTINGS for word in ("-c", setting))]
_INIT = "docker-entrypoint-initdb.d"
# The server is the shell's child: it is ended as `pg_ctl stop --mode=fast` ends it, with all data written.
_MAKE = """
"$@" postgres & server=$!
for i in $(seq 600); do
    pg_isready -q -h 127.0.0.1 && break
    kill -0 $server || exit 1
    sleep 0.1
done
kill -INT $server && wait $server
"""


class RunFailedError(FunctionError, dagger.ExecError):
    """A run that failed, as the CLI knows a failed command: with an exit code that it ends with."""


def failed(text: str, code: int) -> RunFailedError:
    """The error for a run that ended with an exit code; the text is all that is shown."""
    extensions: dict[str, object] = {
        "_type": "EXEC_ERROR",
        "cmd": [],
        "exitCode": code,
        "stdout": "",
        "stderr": "",
    }
    return RunFailedError([QueryErrorValue(message=text, extensions=extensions)], gql.gql("{ __typename }"))


async def run(
    dag_type: DagType,
    request: Request,
    sources: Checkout,
    below: BaseImage,
    env_file: dagger.Secret | None = None,
) -> str:
    """Run what is asked for in the image of a DAG type, and tell what came of it.

    Args:
        dag_type: the type.
        request: the DAG, or one of its tasks.
        sources: the repository.
        below: the base of the image.
        env_file: variables for the run, as lines NAME=VALUE.

    Raises:
        ConfigurationError: no DAG or task of that name, or the file of variables can't be used.
        RunFailedError: the run failed or took too long.
        StepError: the image or the database can't be made.
    """
    built = await build.build(dag_type, sources, below)
    container = runtime.ready(built.container(), below.container)
    # Airflow of another version has other tables; what it shares with its base it shares the tables of, too.
    own = any(name.startswith("apache-airflow") for name in dag_type.settings.allow_base_changes)
    airflow = container if own else runtime.ready(below.container, below.container)
    try:
        async with _database(airflow) as server:
            done = await _ran(container.with_service_binding(HOST, server), request, env_file)
    except dagger.QueryError as error:
        raise failures.step_error(f"{request.what} can't be run", error) from None
    hint = ""
    if done.misses_dag(request):
        others = [each for each in (await sources.catalog()).types.values() if each.name != dag_type.name]
        hint = outcome.elsewhere(request.dag, await sources.exported(), others)
    done.check(request, dag_type, hint)
    if code := done.code(request):
        raise failed(done.failure(request), code)
    return done.text(request)


async def _ran(container: dagger.Container, request: Request, env_file: dagger.Secret | None) -> Outcome:
    """What came of a run in a container that is bound to its database."""
    job = {
        "command": [*await retrying(container.entrypoint), *request.arguments],
        "dag": request.dag,
        "task": request.task_id,
        "seconds": request.seconds,
        "folder": await container.workdir(),
        "reserved": RESERVED,
        "defaults": DEFAULTS,
        "fixed": FIXED,
    }
    if env_file:
        container = container.with_mounted_secret("/mnt/env", env_file, owner=layers.AIRFLOW, mode=0o400)
    ran = (
        containers.uncached(container)
        .with_mounted_directory("/mnt/programs", containers.programs("checks/run"))
        .with_mounted_file("/mnt/job.json", dag.file("job.json", json.dumps(job, sort_keys=True)))
        .with_directory("/mnt/result", dag.directory(), owner=layers.AIRFLOW)
        .with_mounted_temp("/opt/airflow/logs")  # what tasks print is to be in no layer
        .with_workdir("/mnt/programs")
        .with_exec(
            ["python", "-B", "-m", "programs.run", "/mnt/job.json", "/mnt/env", "/mnt/result/result.json"],
            expect=dagger.ReturnType.ANY,
        )
    )
    code = await ran.exit_code()  # asked once: a run is never done twice
    try:
        told = await retrying(ran.file("/mnt/result/result.json").contents)
    except dagger.QueryError:
        said = "\n".join(f"    {line}" for line in (await retrying(ran.stderr)).strip().splitlines()[-12:])
        what = f"{request.what} ended with exit code {code} and no result: read the lines below"
        raise StepError([f"{what}\n{said}"]) from None
    return Outcome.model_validate_json(told).of(request)


@asynccontextmanager
async def _database(airflow: dagger.Container) -> AsyncGenerator[dagger.Service]:
    """A server with Airflow's own tables and an empty second database; it ends with the run."""
    server = (
        containers.uncached(_postgres())  # one for each run: equal services are one service
        .with_directory(_DATA, await _cluster(airflow))
        .with_exposed_port(5432)
        .as_service(args=_SERVER, use_entrypoint=True)
    )
    started = await server.start()
    try:
        yield started
    finally:
        await started.stop(kill=True)


async def _cluster(airflow: dagger.Container) -> dagger.Directory:
    """The files of a server that has both databases, made once for an Airflow and kept by the engine."""
    server = _postgres().with_exposed_port(5432).as_service(args=_SERVER, use_entrypoint=True)
    dump = (
        airflow.with_service_binding(HOST, server)
        .with_mounted_directory("/mnt/programs", containers.programs("checks/run"))
        .with_directory("/mnt/result", dag.directory(), owner=layers.AIRFLOW)
        .with_env_variable(URL, FIXED[URL])
        .with_workdir("/mnt/programs")
        .with_exec(["python", "-B", "-m", "programs.migrate", "/mnt/result/dump.sql"])
        .file("/mnt/result/dump.sql")
    )
    filled = _postgres().with_mounted_file(f"/{_INIT}/1.sql", dump)
    filled = filled.with_mounted_file(f"/{_INIT}/2.sql", dag.file("2.sql", f"CREATE DATABASE {WAREHOUSE};"))
    entrypoint = await retrying(filled.entrypoint)
    return filled.with_exec(["bash", "-c", _MAKE, "bash", *entrypoint]).directory(_DATA)


def _postgres() -> dagger.Container:
    """The server's image, set up; its own folder for data would be a volume, and lost."""
    server = containers.without_certificate_updates(dag.container().from_(pins.image("postgres")))
    for name, value in {
        "PGDATA": _DATA,
        "POSTGRES_USER": USER,
        "POSTGRES_DB": "airflow",
        "POSTGRES_HOST_AUTH_METHOD": "trust",
    }.items():
        server = server.with_env_variable(name, value)
    return server
