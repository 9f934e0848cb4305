"""A change as the engine has it: both states are read by a program in a container."""

import dagger
from dagger import dag

from ..errors import ConfigurationError
from ..tools import checkout, containers
from ..tools.engine import retrying
from . import choice, snapshot
from .affected import Findings, find
from .event import Event
from .snapshot import Comparison

TREES = ["images", "dags", "scripts"]
_PLACE = "/mnt/repository"


async def affected(repository: dagger.Directory, since: str) -> Findings:
    """The DAG types that a change touches; ``since`` is the branch, tag or commit that it left.

    Raises:
        FunctionError: there is no such commit, or the folder is no repository with commits.
    """
    async with checkout.opened(dag.directory().with_directory("", repository, include=TREES)) as read:
        comparison = await compare(repository, since)
        return find(comparison, await read.catalog())


async def by_event(repository: dagger.Directory, event: Event) -> Findings:
    """The DAG types that an event of a pipeline is about: by what changed, by name, or all.

    Raises:
        FunctionError: the event names a DAG type that there isn't.
    """
    async with checkout.opened(dag.directory().with_directory("", repository, include=TREES)) as read:
        catalog = await read.catalog()
        if event.dag:
            return choice.named(catalog, [event.dag], event.told(), choice.notes_of(event))
        if not event.since:
            return choice.everything(catalog, event.told(), choice.notes_of(event))
        try:
            found = find(await compare(repository, event.since), catalog)
        except ConfigurationError as fault:
            return choice.uncompared(catalog, event, fault)
        return found.model_copy(update={"notes": tuple(choice.notes_of(event))})


async def compare(repository: dagger.Directory, since: str) -> Comparison:
    """The inputs of images at the working tree, and where its branch left ``since``.

    Raises:
        ConfigurationError: there is no such commit, or the folder is no repository with commits.
    """
    told = (
        containers.locked("history")
        .with_mounted_directory(_PLACE, repository)
        .with_mounted_directory("/mnt/programs", containers.programs("tools"))
        .with_workdir("/mnt/programs")
        .with_exec(["python", "-B", "-m", "programs.git_compare", _PLACE, since, "/answer.json"])
        .file("/answer.json")
    )
    return snapshot.parse(await retrying(told.contents), since)
