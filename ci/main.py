"""The main object: what a user calls."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import dagger
from dagger import check, dag, function, generate, object_type

from . import (
    base,
    formats,
    image,
    listing,
    lockfile,
    locking,
    names,
    pins,
    planning,
    platforms,
    promoting,
    publication,
    publishing,
    reproducing,
    smoke,
)
from . import registry as registries
from .arguments import (
    AnyDagType,
    Authority,
    Force,
    Format,
    OneDagType,
    Owner,
    PlainHttp,
    Platforms,
    Ref,
    RegistryHost,
    Tag,
    Token,
    Username,
    Where,
)
from .base import BaseImage
from .boundary import plain_faults
from .checks import Checks
from .errors import CheckError, Fault
from .history import Repository
from .image import Image
from .publishing import Request
from .registry import Access
from .sources import Project, Source, Sources
from .spec import DagType


@object_type
class AirflowImages:
    """Container images for Airflow DAGs: one per DAG type, built, tested and published."""

    source: Source

    @function
    async def list(self, form: Format = "table") -> str:
        """The DAG types with their base, packages and DAG files."""
        async with self._sources() as sources:
            rows = listing.rows((await sources.catalog()).all(), pins.image("airflow"), await sources.root())
            return formats.chosen(form, listing.table(rows), listing.as_json(rows))

    @function
    def base(self) -> dagger.Container:
        """The base image of every DAG type."""
        return base.container(pins.image("airflow"))

    # Per session: a base named by tag may have moved since the last one, and what is printed is to be seen.
    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def build(self, dag_type: OneDagType) -> Image:
        """Build a DAG type's image from its lock, and print what it is."""
        async with self._sources() as sources:
            found = (await sources.catalog()).get(dag_type)  # first: a slip of the keyboard costs no pull
            built = await image.build(found, sources, await base.load(pins.image("airflow")))
        print(image.summary(built))  # noqa: T201 - the CLI shows nothing of an object but its id
        return built

    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def test(self, dag_type: AnyDagType = "") -> str:
        """Smoke-test a DAG type's image, or every type's, without a network; fails with every finding."""
        async with self._sources() as sources:
            types = (await sources.catalog()).chosen(dag_type)
            below = await base.load(pins.image("airflow"))
            results = await asyncio.gather(
                *(_test(each, sources, below) for each in types), return_exceptions=True
            )
            return _joined(results)

    @check
    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def smoke(self) -> None:
        """Smoke tests of every DAG type's image."""
        print(await self.test())  # noqa: T201 - a check shows what it printed

    @generate
    @function
    async def lock(self, dag_type: AnyDagType = "") -> dagger.Changeset:
        """Resolve pylock.toml, with hashes, against the base's Python and packages."""
        async with self._sources() as sources:
            types = (await sources.catalog()).chosen(dag_type)
            reference = pins.image("airflow")
            texts = await locking.lock(
                types, sources, base.container(reference), lockfile.base_name(reference)
            )
            before = dag.directory().with_directory("images", self.source.directory("images"))
            after = before
            for name, text in texts.items():
                after = after.with_new_file(f"images/{name}/{lockfile.NAME}", text)
            return after.changes(before)

    @function
    async def plan(
        self,
        repository: Repository,
        dag_type: AnyDagType = "",
        registry: RegistryHost = "",
        owner: Owner = "",
        ref: Ref = "",
        form: Format = "table",
    ) -> str:
        """What publish would push, under which tags and why; nothing is built or asked of a registry."""
        async with self._sources() as sources:
            intent = await publishing.intend(sources, repository, dag_type, registry, owner, ref)
            return formats.chosen(form, planning.table(intent), planning.as_json(intent))

    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def publish(
        self,
        repository: Repository,
        dag_type: AnyDagType = "",
        registry: RegistryHost = "",
        owner: Owner = "",
        ref: Ref = "",
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        platform: Platforms = None,
        force: Force = "",
        form: Format = "table",
        *,
        plain_http: PlainHttp = False,
    ) -> str:
        """Build, test and push images, and tag them as git says; gives the references by digest."""
        async with self._sources() as sources:
            intent = await publishing.intend(sources, repository, dag_type, registry, owner, ref)
            access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
            request = Request(platforms=platforms.parse(platform), access=access, force=force)
            done = await publishing.publish(intent, request, sources, repository)
            return formats.chosen(form, done.table(), done.as_json())

    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def published(
        self,
        repository: Repository,
        dag_type: AnyDagType = "",
        registry: RegistryHost = "",
        owner: Owner = "",
        ref: Ref = "",
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        platform: Platforms = None,
        force: Force = "",
        *,
        plain_http: PlainHttp = False,
    ) -> dagger.File:
        """Publish, and give published.json for the steps that follow."""
        async with self._sources() as sources:
            intent = await publishing.intend(sources, repository, dag_type, registry, owner, ref)
            access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
            request = Request(platforms=platforms.parse(platform), access=access, force=force)
            done = await publishing.publish(intent, request, sources, repository)
            return dag.file(publication.FILE, done.as_json())

    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def reproduce(
        self,
        repository: Repository,
        reference: Where,
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        *,
        plain_http: PlainHttp = False,
    ) -> str:
        """Rebuild a published image from the commit in its labels; tells each layer and file that differs."""
        with plain_faults():
            where = names.reference(reference, digest=False)
            access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
            place = await registries.connect(where.registry, access, where.owner)
            return await reproducing.reproduce(where, place, repository)

    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def promote(
        self,
        reference: Where,
        tag: Tag,
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        *,
        plain_http: PlainHttp = False,
    ) -> str:
        """Give a published image, named by digest, one more tag; nothing is built."""
        with plain_faults():
            where = names.reference(reference, digest=True)
            access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
            place = await registries.connect(where.registry, access, where.owner)
            return await promoting.promote(where, tag, place)

    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def rollback(
        self,
        repository: Repository,
        dag_type: OneDagType,
        registry: RegistryHost = "",
        owner: Owner = "",
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        *,
        plain_http: PlainHttp = False,
    ) -> str:
        """Move latest of a DAG type to the release before the one it points to; nothing is built."""
        async with self._sources() as sources:
            intent = await publishing.intend(sources, repository, dag_type, registry, owner, "")
            access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
            place = await registries.connect(intent.names.registry, access, intent.owner)
            return await promoting.rollback(dag_type, intent.names, place)

    @check
    @function
    def lint(self, project: Project) -> dagger.Container:
        """Ruff's rules and format, over every Python file."""
        return Checks(project).lint()

    @check
    @function
    def types(self, project: Project) -> dagger.Container:
        """Pyright, strict."""
        return Checks(project).types()

    @check
    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    def unit(self, project: Project) -> dagger.Container:
        """Tests of pure logic, which need no engine."""
        return Checks(project).unit()

    @check
    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    def engine(self, project: Project) -> dagger.Container:
        """Tests against the engine this runs on: real images, a real Airflow, a real database."""
        return Checks(project).engine()

    @asynccontextmanager
    async def _sources(self) -> AsyncGenerator[Sources]:
        sources = Sources(self.source)
        with plain_faults():
            try:
                yield sources
            finally:
                sources.close()


async def _test(dag_type: DagType, sources: Sources, below: BaseImage) -> str:
    built = await image.build(dag_type, sources, below)
    return await smoke.test(built.dag, built.container(), built.base, built.requirements)


def _joined(results: "list[str | BaseException]") -> str:
    """All reports as one; raises CheckError with them where one of them failed."""
    faults = [result for result in results if isinstance(result, Fault)]
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Fault):
            raise result
    told = [str(result) for result in results]
    if faults:
        raise CheckError(["\n".join(told)])
    return "\n".join(told)
