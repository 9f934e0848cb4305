"""The repository's history as far as publishing needs it, read by a program in a container."""

import json
from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple

import dagger
from dagger import DefaultPath, Doc, Ignore

from ..config.revision import Revision
from ..errors import ConfigurationError
from . import containers
from .checkout import LITTER
from .engine import retrying

# The index, logs and hooks change without a commit, and say nothing of one.
Repository = Annotated[
    dagger.Directory,
    DefaultPath("/"),
    Doc("The repository with its .git, whose commit names the images"),
    Ignore([*LITTER, ".venv", "node_modules", ".git/index", ".git/logs", ".git/hooks", ".git/lfs"]),
]

_PLACE = "/mnt/repository"


async def revision(repository: dagger.Directory) -> Revision:
    """What git says of the working tree.

    Raises:
        ConfigurationError: it is no repository, or has no commits.
    """
    return Revision.model_validate((await _ask(repository, ()))["revision"])


class Related(NamedTuple):
    """How commits stand to HEAD.

    ``descends`` says whether HEAD is each of them or comes after it, None where the history at hand can't
    tell; ``later`` are those that come after HEAD.
    """

    descends: dict[str, bool | None]
    later: frozenset[str]


async def related(repository: dagger.Directory, commits: Iterable[str]) -> Related:
    """How commits stand to HEAD; a repository is asked only where there are any."""
    asked = sorted(set(commits))
    if not asked:
        return Related(descends={}, later=frozenset())
    answer = await _ask(repository, asked)
    return Related(descends=dict(answer["descends"]), later=frozenset(answer["later"]))


async def time(repository: dagger.Directory, commit: str) -> int:
    """When a commit was made, in seconds since the epoch.

    Raises:
        ConfigurationError: the history at hand doesn't have it.
    """
    times: dict[str, int] = (await _ask(repository, (commit,)))["times"]
    if commit not in times:
        told = "fetch it first (git fetch --unshallow, or git fetch origin <commit>)"
        raise ConfigurationError([f"the commit {commit} isn't in this repository's history: {told}"])
    return times[commit]


async def _ask(repository: dagger.Directory, commits: Iterable[str]) -> dict[str, Any]:
    command = ["python", "-B", "/mnt/programs/programs/git.py", _PLACE, "/answer.json", *commits]
    told = (
        containers.locked("history")
        .with_mounted_directory(_PLACE, repository)
        .with_mounted_directory("/mnt/programs", containers.programs("tools"))
        .with_exec(command)
        .file("/answer.json")
    )
    answer = json.loads(await retrying(told.contents))
    if "problem" in answer:
        raise ConfigurationError([str(answer["problem"])])
    return answer
