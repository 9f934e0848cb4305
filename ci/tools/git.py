"""The repository's git history, read by a program in a container."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import dagger
from dagger import dag

from ..config.revision import Revision
from ..errors import ConfigurationError
from . import containers
from .engine import retrying, step

_FOLDER, _SOURCE = "/mnt/repository", "/mnt/source"


async def revision(repository: dagger.Directory, source: dagger.Directory) -> Revision:
    """Return HEAD and how the source differs from it; raise ConfigurationError if there is no commit."""
    return Revision.model_validate((await _ask(repository, (), source))["revision"])


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


class Found(NamedTuple):
    """A commit's time, in seconds since the epoch, and the project's folder in it."""

    time: int
    folder: str


async def find(repository: dagger.Directory, commit: str, source: dagger.Directory) -> Found:
    """Return a commit, and where it has the project; raise ConfigurationError if the history lacks it."""
    answer = await _ask(repository, (commit,), source)
    if commit not in answer["times"]:
        remedy = "fetch it first (git fetch --unshallow, or git fetch origin <commit>)"
        raise ConfigurationError([f"the commit {commit} isn't in this repository's history: {remedy}"])
    return Found(answer["times"][commit], answer["folders"][commit])


async def compare(repository: dagger.Directory, source: dagger.Directory, since: str) -> str:
    """Return the inputs of images now and where HEAD left ``since``, as programs/git_compare.py writes it."""
    return await _run(repository, source, "git_compare", [_FOLDER, _SOURCE, since, containers.ANSWER])


async def _ask(
    repository: dagger.Directory, commits: Iterable[str], source: dagger.Directory | None = None
) -> dict[str, Any]:
    folder = _SOURCE if source else ""
    text = await _run(repository, source, "git", [_FOLDER, folder, containers.ANSWER, *commits])
    answer = json.loads(text)
    if "problem" in answer:
        raise ConfigurationError([str(answer["problem"])])
    return answer


async def _run(
    repository: dagger.Directory, source: dagger.Directory | None, program: str, arguments: list[str]
) -> str:
    file = (
        containers.with_out(containers.locked("history"))
        .with_mounted_directory(_FOLDER, repository)
        .with_mounted_directory(_SOURCE, source or dag.directory())
        .with_mounted_directory("/mnt/programs", containers.programs(f"tools/{program}"))
        .with_workdir("/mnt/programs")
        .with_exec(["python", "-B", "-m", f"programs.{program}", *arguments])
        .file(containers.ANSWER)
    )
    with step("git history"):
        return await retrying(file.contents)
