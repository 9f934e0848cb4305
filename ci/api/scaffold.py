"""The calls that a DAG type begins with: a scaffold, and the adoption of a repository of Dockerfiles."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import dagger
from dagger import DefaultPath, Doc, Ignore, Name, dag, object_type

from ..config import base as config_base
from ..config import dag_type, lockfile, pins
from ..errors import gather_all
from ..image import base
from ..lock import airflow_version, resolve
from ..scaffold import adopt as adoption
from ..scaffold import create, draft, repository
from ..tools import checkout as checkouts
from ..tools.sources import LITTER
from .arguments import Source
from .caching import session_cached
from .output import Group

NewDagType = Annotated[str, Name("dag"), Doc("Name of the new DAG type: a folder to make under images/")]
Packages = Annotated[list[str] | None, Doc("Its dependencies, as exact pins: httpx==0.28.1,lxml==6.0.2")]
Tests = Annotated[
    dagger.Directory,
    DefaultPath("."),
    Doc("The project's folder, whose tests/dags/ is read"),
    Ignore(["*", "!tests/dags", *LITTER]),
]
OldRepository = Annotated[
    dagger.Directory,
    DefaultPath("."),
    Doc("The repository with Dockerfile.<type> and pyproject.<type>.toml files at its root"),
    Ignore([*LITTER, "**/venv", "**/.*_cache", "sdk"]),
]


@object_type
class Scaffold(Group):
    """The beginning of a DAG type, new or adopted."""

    netrc: dagger.Secret | None

    # Per session: an index may have newer versions than the engine remembers.
    @session_cached
    async def init(
        self, source: Source, dag_type: NewDagType, tests: Tests, packages: Packages = None
    ) -> dagger.Changeset:
        """Begin a DAG type: dependencies with their lock, an example DAG, and a test of its logic."""
        return await init(source.with_directory("/", tests), dag_type, packages or [], self.netrc)

    @session_cached
    async def adopt(self, repository: OldRepository) -> dagger.Changeset:
        """Turn a repository of one Dockerfile per DAG type into this layout; ADOPTED.md has the rest."""
        return await adopt(repository, self.netrc)


async def init(
    tree: dagger.Directory, name: str, packages: list[str], netrc: dagger.Secret | None
) -> dagger.Changeset:
    """Return the files of a new DAG type, with its lock.

    ``tree`` is the repository: images/, dags/, scripts/ and tests/dags/; ``packages`` are exact pins. Raise
    FunctionError if the name is taken or none, a package is no exact pin, or they can't be locked.
    """
    after = await _with_base(tree)
    async with checkouts.opened(after, netrc) as sources, checkouts.exported(after) as root:
        reference = await sources.base_reference()
        files = create.files(name, packages, root, airflow_version.python_of(reference))
    after = checkouts.with_files(after, files)
    async with checkouts.opened(after, netrc) as sources:
        text = await _lock((await sources.catalog()).get(name), sources, reference, netrc)
    return after.with_new_file(f"images/{name}/{lockfile.NAME}", text).changes(tree)


async def adopt(tree: dagger.Directory, netrc: dagger.Secret | None) -> dagger.Changeset:
    """Return what turns an old repository, the whole ``tree``, into one of this layout.

    Raise FunctionError if there is nothing to adopt, something forbids it, or an index doesn't answer.
    """

    async def lock(loose: "draft.Draft", present: str) -> str:
        files = {loose.file: draft.pyproject(loose)}
        if present:
            files[f"images/{loose.name}/{lockfile.NAME}"] = present
        sources = checkouts.Checkout(checkouts.with_files(dag.directory(), files), netrc)
        try:
            return await _lock(loose.to_resolve(), sources, reference, netrc)
        finally:
            sources.close()

    after = await _with_base(tree)
    async with checkouts.opened(after, netrc) as sources, checkouts.exported(after) as root:
        reference = await sources.base_reference()
        old = repository.read(root)
        drafts = adoption.drafts(old, reference)
        loose = any(one.unpinned for one in drafts.types)
        installed = await _installed(reference, netrc) if loose else dict[str, str]()
        locked = await gather_all(adoption.locked(one, installed, lock) for one in drafts.types)
    drafts = replace(drafts, types=tuple(one.draft for one in locked))
    changes = adoption.changes(drafts, {one.draft.name: one.lock for one in locked if one.lock})
    for before, now in changes.moved.items():
        after = after.with_file(now, tree.file(before)).without_file(before)
    for path in changes.removed:
        after = after.without_file(path)
    after = checkouts.with_files(after, changes.written)
    async with checkouts.opened(after, netrc) as sources:
        catalog = await sources.catalog()
        refused = {name: listed for name in catalog.names if (listed := catalog.problems_of(name))}
    unlocked = {one.draft.name: one.problem for one in locked if one.problem}
    notes = adoption.notes(old, drafts, unlocked, refused)
    return after.with_new_file(repository.NOTES, notes).changes(tree)


async def _with_base(tree: dagger.Directory) -> dagger.Directory:
    """Return a repository with its own images/base.toml, or the default one if it has none."""
    if await tree.glob(config_base.FILE):
        return tree
    return tree.with_new_file(config_base.FILE, config_base.written(pins.default_base()))


async def _installed(reference: str, netrc: dagger.Secret | None) -> Mapping[str, str]:
    """Return the versions of the base's packages."""
    resolver = await resolve.resolver(base.container(reference), lockfile.base_name(reference), netrc)
    return resolver.base_packages.installed


async def _lock(
    dag_type: "dag_type.DagType", sources: "checkouts.Checkout", reference: str, netrc: dagger.Secret | None
) -> str:
    texts = await resolve.lock(
        [dag_type], sources, base.container(reference), lockfile.base_name(reference), netrc=netrc
    )
    return texts[dag_type.name]
