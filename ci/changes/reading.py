"""A change as the engine has it: both states are read by a program in a container."""

import dagger
from dagger import dag

from .. import layers, locked_tools, sources
from . import affected_result, snapshot
from .affected import find
from .affected_result import Affected
from .snapshot import Comparison

TREES = ["images", "dags", "scripts"]
_PLACE = "/mnt/repository"


async def affected(repository: dagger.Directory, since: str) -> Affected:
    """The DAG types that a change touches; ``since`` is the branch, tag or commit that it left.

    Raises:
        FunctionError: there is no such commit, or the folder is no repository with commits.
    """
    async with sources.read(dag.directory().with_directory("", repository, include=TREES)) as read:
        comparison = await compare(repository, since)
        return affected_result.of(find(comparison, await read.catalog()))


async def compare(repository: dagger.Directory, since: str) -> Comparison:
    """The inputs of images at the working tree, and where its branch left ``since``.

    Raises:
        ConfigurationError: there is no such commit, or the folder is no repository with commits.
    """
    told = await (
        locked_tools.container("history")
        .with_mounted_directory(_PLACE, repository)
        .with_mounted_directory("/mnt/programs", layers.package("revision.py", "before.py"))
        .with_workdir("/mnt/programs")
        .with_exec(["python", "-B", "-m", "inside.before", _PLACE, since, "/answer.json"])
        .file("/answer.json")
        .contents()
    )
    return snapshot.parse(told, since)
