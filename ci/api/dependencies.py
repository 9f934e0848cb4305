"""The calls on dependencies: locks, what is in them and why, and what could be newer."""

import dagger
from dagger import dag, function, generate

from .. import text as ci_text
from ..config import lockfile
from ..image import base, build
from ..image.built import BuiltImage
from ..lock import explain, outdated, request, resolve
from ..tools.checkout import Checkout, Netrc, Source, opened
from .arguments import AnyDagType, ExcludeNewer, Format, OneDagType, Package, Upgrade, UpgradePackages


class Locker:
    """A part of the main object."""

    source: Source
    netrc: Netrc

    # Per session: what an index has may be newer than what the engine remembers.
    @generate
    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def lock(
        self,
        dag_type: AnyDagType = "",
        upgrade_package: UpgradePackages = None,
        exclude_newer: ExcludeNewer = "",
        *,
        upgrade: Upgrade = False,
    ) -> dagger.Changeset:
        """Resolve pylock.toml, with hashes, against the base's Python, packages and constraints."""
        async with opened(self.source, self.netrc) as sources:
            types = (await sources.catalog()).chosen(dag_type)
            reference = await sources.base_reference()
            asked = request.Upgrade(
                everything=upgrade, packages=tuple(upgrade_package or ()), exclude_newer=exclude_newer
            )
            texts = await resolve.lock(
                types,
                sources,
                base.container(reference),
                lockfile.base_name(reference),
                upgrade=asked,
                netrc=self.netrc,
            )
            before = dag.directory().with_directory("images", self.source.directory("images"))
            after = before
            for name, text in texts.items():
                after = after.with_new_file(f"images/{name}/{lockfile.NAME}", text)
            return after.changes(before)

    # Per session, as a build: a base named by tag may have moved since the last one.
    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def explain(self, dag_type: OneDagType, package: Package) -> str:
        """Why a package is in a DAG type's image, and who asks for which of its versions."""
        async with opened(self.source, self.netrc) as sources:
            return await explain.explain(await _built(sources, dag_type), package)

    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def tree(self, dag_type: OneDagType) -> str:
        """The packages that a DAG type adds to its base, each below what requires it."""
        async with opened(self.source, self.netrc) as sources:
            return await explain.tree(await _built(sources, dag_type))

    # Never remembered: an index has newer packages by the hour.
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def outdated(
        self, dag_type: AnyDagType = "", exclude_newer: ExcludeNewer = "", form: Format = "table"
    ) -> str:
        """Newer versions of what is locked: what the base allows, what there is, and what holds it back."""
        async with opened(self.source, self.netrc) as sources:
            types = (await sources.catalog()).chosen(dag_type)
            reference = await sources.base_reference()
            on = await resolve.resolver(base.container(reference), lockfile.base_name(reference), self.netrc)
            found = await resolve.outdated(types, sources, on, exclude_newer)
            return ci_text.chosen(form, outdated.table(found), outdated.as_json(found))


async def _built(sources: Checkout, name: str) -> BuiltImage:
    dag_type = (await sources.catalog()).get(name)
    return await build.build(dag_type, sources, await base.pinned(sources))
