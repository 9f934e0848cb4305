"""The Python of a base or an image, in a container: what is installed, and the byte code to start faster."""

import dagger
from dagger import dag

from ..tools import containers
from ..tools.engine import retrying
from .base import ENVIRONMENT, PYTHON
from .environment import Environment

BYTECODE = "/mnt/bytecode"
PROGRAMS = "/mnt/testing"
"""Where programs lie that tests run in images."""
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


def with_bytecode(
    container: dagger.Container, base: dagger.Container, also: dagger.Container | None = None
) -> dagger.Container:
    """Return a container of an image with byte code beside it.

    Without it every start of Airflow compiles its modules again. Python checks it against the hash of its
    source, and compiles what has none.

    Args:
        container: that of the image.
        base: that of its base, whose modules are compiled once for all images.
        also: one with packages, or programs in PROGRAMS, that are compiled too; None for none.
    """
    compiled = _compiled(base, dag.directory())
    if also:
        compiled = _compiled(also, compiled)
    return (
        containers.without_certificate_updates(container)
        .with_mounted_directory(BYTECODE, compiled)
        .with_env_variable("PYTHONPYCACHEPREFIX", BYTECODE)
    )


def _compiled(container: dagger.Container, known: dagger.Directory) -> dagger.Directory:
    """Return the byte code of a container's modules; what is known is taken over where it fits."""
    return (
        containers.without_certificate_updates(container)
        .with_user("root")
        .with_env_variable("PYTHONPYCACHEPREFIX", BYTECODE)
        .with_mounted_directory(BYTECODE, known)
        .with_mounted_directory(_PROGRAMS, containers.programs("image"))
        .with_workdir(_PROGRAMS)
        .with_exec([PYTHON, "-B", "-m", "programs.compile_missing", f"{ENVIRONMENT}/lib", PROGRAMS])
        .directory(BYTECODE)
    )
