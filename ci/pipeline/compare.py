"""Comparisons of a repository with a commit, made by a program in a container."""

import dagger

from ..errors import ConfigurationError
from ..tools import checkout, git
from . import choice, snapshot
from .affected import select
from .event import Event
from .selection import Selection
from .snapshot import Comparison


async def affected(repository: dagger.Directory, source: dagger.Directory, since: str) -> Selection:
    """Return the DAG types that changes since a branch, tag or commit affect.

    Raise FunctionError if there is no such commit, or the folder is no repository with commits.
    """
    async with checkout.opened(source) as inputs:
        return select(await compare(repository, inputs.tree, since), await inputs.catalog())


async def by_event(repository: dagger.Directory, source: dagger.Directory, event: Event) -> Selection:
    """Return the DAG types that an event calls for: those that changed, one by name, or all.

    Raise FunctionError if the event names a DAG type that doesn't exist.
    """
    async with checkout.opened(source) as inputs:
        catalog = await inputs.catalog()
        if event.dag:
            return choice.named(catalog, [event.dag], event.describe(), choice.notes_of(event))
        if not event.since:
            return choice.everything(catalog, event.describe(), choice.notes_of(event))
        try:
            selection = select(await compare(repository, inputs.tree, event.since), catalog)
        except ConfigurationError as fault:
            return choice.uncompared(catalog, event, fault)
        return selection.model_copy(update={"notes": tuple(choice.notes_of(event))})


async def compare(repository: dagger.Directory, source: dagger.Directory, since: str) -> Comparison:
    """Return the inputs of images in the source and at the merge base of HEAD with ``since``.

    Raise ConfigurationError if there is no such commit, or the folder is no repository with commits.
    """
    return snapshot.parse(await git.compare(repository, source, since), since)
