"""The Python of a base or an image, in a container: what is installed, and the byte code to start faster."""

import dagger
from dagger import dag

from ..tools import containers
from ..tools.engine import retrying
from .base import ENVIRONMENT, PYTHON
from .environment import Environment

BYTECODE = "/mnt/bytecode"
CHECKED = ("--invalidation-mode", "checked-hash")  # all files have the same time
_PROGRAMS = "/mnt/programs"
_ANSWER = "/environment.json"


async def installed(container: dagger.Container) -> Environment:
    """Return the Python environment of a base or an image; raise dagger.QueryError if Python doesn't run."""
    answer = (
        containers.without_certificate_updates(container)
        .with_user("root")
        .with_workdir(_PROGRAMS)
        .with_mounted_directory(_PROGRAMS, containers.programs("image"))
        .with_exec([PYTHON, "-B", "-m", "programs.environment", _ANSWER])
        .file(_ANSWER)
    )
    return Environment.model_validate_json(await retrying(answer.contents))


def with_bytecode(container: dagger.Container, base: dagger.Container) -> dagger.Container:
    """Return a container of an image with the byte code of its base beside it.

    Images have no byte code, and without it every start of Airflow compiles its modules again. Python checks
    byte code against the hash of its source, and compiles the files that the image changed.
    """
    compiled = (
        base.with_user("root")
        .with_env_variable("PYTHONPYCACHEPREFIX", BYTECODE)
        .with_directory(BYTECODE, dag.directory())
        .with_exec(
            ["python", "-m", "compileall", "-q", "-j", "0", *CHECKED, f"{ENVIRONMENT}/lib"],
            expect=dagger.ReturnType.ANY,  # some packages have files for other Pythons
        )
        .directory(BYTECODE)
    )
    return (
        containers.without_certificate_updates(container)
        .with_mounted_directory(BYTECODE, compiled)
        .with_env_variable("PYTHONPYCACHEPREFIX", BYTECODE)
    )
