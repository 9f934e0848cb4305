"""What is installed in a container, asked of its own Python; the engine keeps the answer."""

import dagger

from ..tools import containers
from ..tools.engine import retrying
from .base import PYTHON
from .environment import Environment

_PROGRAMS = "/mnt/programs"
_TOLD = "/environment.json"


async def installed(container: dagger.Container) -> Environment:
    """The Python environment of a container of a base or an image.

    Raises:
        dagger.QueryError: its Python doesn't run.
    """
    told = (
        containers.without_certificate_updates(container)
        .with_user("root")
        .with_workdir(_PROGRAMS)
        .with_mounted_directory(_PROGRAMS, containers.programs("image"))
        .with_exec([PYTHON, "-B", "-m", "programs.environment", _TOLD])
        .file(_TOLD)
    )
    return Environment.model_validate_json(await retrying(told.contents))
