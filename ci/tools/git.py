"""The repository's git history, read by a program in a container."""

import json
from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple

import dagger
from dagger import DefaultPath, Doc, Ignore

from ..config.revision import Revision
from ..errors import ConfigurationError
from . import containers
from .checkout import LITTER
from .engine import retrying, step

# The index, logs and hooks change without a commit.
Repository = Annotated[
    dagger.Directory,
    DefaultPath("/"),
    Doc("The repository with its .git, whose commit names the images"),
    Ignore([*LITTER, ".venv", "node_modules", ".git/index", ".git/logs", ".git/hooks", ".git/lfs"]),
]

FOLDER = "/mnt/repository"
ANSWER = "/answer.json"


async def revision(repository: dagger.Directory) -> Revision:
    """Return commit, branch, tags and changes of a tree; raise ConfigurationError if it has no commits."""
    return Revision.model_validate((await _ask(repository, ()))["revision"])


class Related(NamedTuple):
    """The relation of commits to HEAD.

    ``descends`` says of each whether HEAD is that commit or comes after it, None if the history is too short
    to tell; ``later`` are those that come after HEAD.
    """

    descends: dict[str, bool | None]
    later: frozenset[str]


async def related(repository: dagger.Directory, commits: Iterable[str]) -> Related:
    """Return the relation of commits to HEAD; without commits the repository isn't read."""
    unique = sorted(set(commits))
    if not unique:
        return Related(descends={}, later=frozenset())
    answer = await _ask(repository, unique)
    return Related(descends=dict(answer["descends"]), later=frozenset(answer["later"]))


async def time(repository: dagger.Directory, commit: str) -> int:
    """Return a commit's time in seconds since the epoch; raise ConfigurationError if the history lacks it."""
    times: dict[str, int] = (await _ask(repository, (commit,)))["times"]
    if commit not in times:
        remedy = "fetch it first (git fetch --unshallow, or git fetch origin <commit>)"
        raise ConfigurationError([f"the commit {commit} isn't in this repository's history: {remedy}"])
    return times[commit]


async def read(repository: dagger.Directory, program: str, *arguments: str) -> str:
    """Return the answer of a program of this folder that reads a repository."""
    file = (
        containers.locked("history")
        .with_mounted_directory(FOLDER, repository)
        .with_mounted_directory("/mnt/programs", containers.programs("tools"))
        .with_workdir("/mnt/programs")
        .with_exec(["python", "-B", "-m", f"programs.{program}", *arguments])
        .file(ANSWER)
    )
    with step("git history"):
        return await retrying(file.contents)


async def _ask(repository: dagger.Directory, commits: Iterable[str]) -> dict[str, Any]:
    answer = json.loads(await read(repository, "git", FOLDER, ANSWER, *commits))
    if "problem" in answer:
        raise ConfigurationError([str(answer["problem"])])
    return answer
