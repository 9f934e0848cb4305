"""The calls that a DAG type begins with: a scaffold, and the adoption of a repository of Dockerfiles."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import dagger
from dagger import DefaultPath, Doc, Ignore, Name, dag, function

from ..config import lockfile, pins
from ..config.dag_type import DagType
from ..errors import StepError, gather_all
from ..image import base
from ..lock import resolve
from ..lock.airflow_version import python_of
from ..starting import adopting, draft, old, scaffold
from ..starting.draft import Draft
from ..tools.checkout import LITTER, Netrc, Source, Sources, read

NewDagType = Annotated[str, Name("dag"), Doc("Name of the DAG type to begin, a folder under images/ to be")]
Packages = Annotated[list[str] | None, Doc("Exact pins it depends on, such as httpx==0.28.1,lxml==6.0.2")]
Tests = Annotated[
    dagger.Directory,
    DefaultPath("/"),
    Doc("The repository: tests/dags/ is read of it"),
    Ignore(["*", "!tests/dags", *LITTER]),
]
OldRepository = Annotated[
    dagger.Directory,
    DefaultPath("/"),
    Doc("The repository with Dockerfile.<type> and pyproject.<type>.toml files at its root"),
    Ignore([*LITTER, ".git", "**/.venv", "**/venv", "**/node_modules", "**/.*_cache", ".hypothesis", "sdk"]),
]


class Starter:
    """A part of the main object."""

    source: Source
    netrc: Netrc

    # Per session: what an index has may be newer than what the engine remembers.
    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def init(self, dag_type: NewDagType, tests: Tests, packages: Packages = None) -> dagger.Changeset:
        """Begin a DAG type: dependencies with their lock, an example DAG, and a test of its logic."""
        return await init(self.source.with_directory("/", tests), dag_type, packages or [], self.netrc)

    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def adopt(self, repository: OldRepository) -> dagger.Changeset:
        """Turn a repository of one Dockerfile per DAG type into this layout; ADOPTED.md tells the rest."""
        return await adopt(repository, self.netrc)


async def init(
    tree: dagger.Directory, name: str, packages: list[str], netrc: dagger.Secret | None
) -> dagger.Changeset:
    """The files of a new DAG type, with its lock.

    Args:
        tree: the repository: images/, dags/, scripts/ and tests/dags/.
        name: what the type is to be called.
        packages: its exact pins.
        netrc: logins for package indexes.

    Raises:
        FunctionError: the name is taken or none, a package is no exact pin, or they can't be locked.
    """
    async with read(tree, netrc) as sources:
        made = scaffold.files(name, packages, await sources.root(), python_of(pins.image("airflow")))
    after = _with_files(tree, made)
    async with read(after, netrc) as sources:
        text = await _lock((await sources.catalog()).get(name), sources, netrc)
    return after.with_new_file(f"images/{name}/{lockfile.NAME}", text).changes(tree)


async def adopt(tree: dagger.Directory, netrc: dagger.Secret | None) -> dagger.Changeset:
    """What makes an old repository one of this layout.

    Args:
        tree: the whole old repository.
        netrc: logins for package indexes.

    Raises:
        FunctionError: there is nothing to adopt, something stands against it, or an index doesn't answer.
    """
    async with read(tree, netrc) as sources:
        found = old.read(await sources.root())
        begun = adopting.drafts(found, pins.image("airflow"))
        held = (await _resolver(netrc)).held.installed if any(each.loose for each in begun.types) else {}
        locked = await gather_all(_locked(each, held, netrc) for each in begun.types)
    begun = replace(begun, types=tuple(each for each, _, _ in locked))
    changes = adopting.changes(begun, {each.name: text for each, text, _ in locked if text})
    after = tree
    for was, now in changes.moved.items():
        after = after.with_file(now, tree.file(was)).without_file(was)
    for path in changes.removed:
        after = after.without_file(path)
    after = _with_files(after, changes.written)
    async with read(after, netrc) as sources:
        refused = (await sources.catalog()).problems
    unlocked = {each.name: problem for each, _, problem in locked if problem}
    return after.with_new_file(old.NOTES, adopting.notes(found, begun, unlocked, refused)).changes(tree)


async def _locked(found: Draft, held: dict[str, str], netrc: dagger.Secret | None) -> tuple[Draft, str, str]:
    """A draft with exact pins alone, and its lock or why there is none; the other is empty.

    Raises:
        StepError: the world outside stood against it, so nothing is known of the draft.
    """
    present = ""
    try:
        if found.loose:
            present = await _lock_of(found, "", netrc)
            listed = tomllib.loads(present).get("packages", [])
            found = draft.pinned(found, held | {each["name"]: each["version"] for each in listed})
        return found, await _lock_of(found, present, netrc), ""
    except StepError as error:
        if any(map(draft.is_from_outside, error.problems)):
            raise
        return draft.pinned(found, {}) if not present else found, "", str(error)


async def _lock_of(found: Draft, present: str, netrc: dagger.Secret | None) -> str:
    """The lock of a draft; the versions of the present one, where there is one, are kept."""
    tree = _with_files(dag.directory(), {found.file: draft.pyproject(found)})
    if present:
        tree = tree.with_new_file(f"images/{found.name}/{lockfile.NAME}", present)
    sources = Sources(tree, netrc)
    try:
        return await _lock(found.resolving(), sources, netrc)
    finally:
        sources.close()


async def _resolver(netrc: dagger.Secret | None) -> resolve.Resolver:
    reference = pins.image("airflow")
    return await resolve.resolver(base.container(reference), lockfile.base_name(reference), netrc)


async def _lock(dag_type: DagType, sources: Sources, netrc: dagger.Secret | None) -> str:
    reference = pins.image("airflow")
    texts = await resolve.lock(
        [dag_type], sources, base.container(reference), lockfile.base_name(reference), netrc=netrc
    )
    return texts[dag_type.name]


def _with_files(tree: dagger.Directory, files: Mapping[str, str]) -> dagger.Directory:
    for path, text in files.items():
        tree = tree.with_new_file(path, text)
    return tree
