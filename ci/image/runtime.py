"""The Python of a base or an image, in a container: what is installed."""

import dagger

from ..tools import containers
from ..tools.engine import retrying
from .base import PYTHON
from .environment import Environment

_PROGRAMS = "/mnt/programs"


async def installed(container: dagger.Container) -> Environment:
    """Return the Python environment of a base or an image; raise dagger.QueryError if Python doesn't run."""
    answer = (
        containers.with_out(containers.without_certificate_updates(container))
        .with_user("root")
        .with_workdir(_PROGRAMS)
        .with_mounted_directory(_PROGRAMS, containers.programs("image/environment"))
        .with_exec([PYTHON, "-B", "-m", "programs.environment", containers.ANSWER])
        .file(containers.ANSWER)
    )
    return Environment.model_validate_json(await retrying(answer.contents))
