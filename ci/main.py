"""The main object: what a user calls."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

import dagger
from dagger import Doc, Name, check, dag, function, generate, object_type

from . import (
    base,
    history,
    image,
    listing,
    lockfile,
    locking,
    outside,
    pins,
    planning,
    platforms,
    publication,
    publish_settings,
    publishing,
    smoke,
)
from .base import BaseImage
from .boundary import plain_faults
from .checks import Checks
from .errors import CheckError, ConfigurationError, Fault
from .history import Repository
from .image import Image
from .planning import Intent
from .publication import Publication
from .publishing import Request
from .registry import Access
from .sources import Project, Source, Sources
from .spec import DagType

OneDagType = Annotated[str, Name("dag"), Doc("DAG type: a folder under images/")]
AnyDagType = Annotated[
    str, Name("dag"), Doc("DAG type: a folder under images/; all of them where none is named")
]
# Not --json: dagger call has a flag of that name, which only puts a result in quotes.
Format = Annotated[str, Name("format"), Doc("table or json")]
Ref = Annotated[
    str,
    Doc("In a pipeline the event's ref: refs/heads/…, refs/tags/…; else what is checked out counts"),
]
RegistryHost = Annotated[
    str, Name("registry"), Doc("Registry, such as ghcr.io or 127.0.0.1:5000, in the place of the settings'")
]
Owner = Annotated[str, Doc("Owner in the images' names, in the place of the git remote's")]
Username = Annotated[
    dagger.Secret | None, Doc("User name for the registry; the owner where only a token is given")
]
Token = Annotated[dagger.Secret | None, Doc("Token or password for the registry")]
Authority = Annotated[dagger.File | None, Name("registry-ca"), Doc("Certificate of the registry's own CA")]
PlainHttp = Annotated[bool, Doc("Speak plain HTTP to the registry; a loopback address needs no flag")]
Platforms = Annotated[
    list[str] | None,
    Name("platform"),
    Doc("Platforms such as linux/amd64,linux/arm64; else the engine's own"),
]
Force = Annotated[str, Doc("Why to publish although the gate failed; a label tells it")]


@object_type
class AirflowImages:
    """Container images for Airflow DAGs: one per DAG type, built, tested and published."""

    source: Source

    @function
    async def list(self, form: Format = "table") -> str:
        """The DAG types with their base, packages and DAG files."""
        async with self._sources() as sources:
            rows = listing.rows((await sources.catalog()).all(), pins.image("airflow"), await sources.root())
            return _formatted(form, listing.table(rows), listing.as_json(rows))

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
            built = await image.build(found, sources, await load_base(pins.image("airflow")))
        print(image.summary(built))  # noqa: T201 - the CLI shows nothing of an object but its id
        return built

    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def test(self, dag_type: AnyDagType = "") -> str:
        """Smoke-test a DAG type's image, or every type's, without a network; fails with every finding."""
        async with self._sources() as sources:
            found = await sources.catalog()
            types = [found.get(dag_type)] if dag_type else found.all()
            below = await load_base(pins.image("airflow"))
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
            found = await sources.catalog()
            types = [found.get(dag_type)] if dag_type else found.all()
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
            intent = await _intent(sources, repository, dag_type, registry, owner, ref)
            return _formatted(form, planning.table(intent), planning.as_json(intent))

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
            intent = await _intent(sources, repository, dag_type, registry, owner, ref)
            access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
            done = await _publish(intent, access, platform, force, sources, repository)
            return _formatted(form, done.table(), done.as_json())

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
            intent = await _intent(sources, repository, dag_type, registry, owner, ref)
            access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
            done = await _publish(intent, access, platform, force, sources, repository)
            return dag.file(publication.FILE, done.as_json())

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


def _formatted(form: str, table: str, as_json: str) -> str:
    texts = {"table": table, "json": as_json}
    if form not in texts:
        raise ConfigurationError([f"--format {form!r} isn't known: there are table and json"])
    return texts[form]


async def load_base(reference: str) -> BaseImage:
    """The base image behind a reference; raises StepError, in words for a person, where it can't be had."""
    try:
        return await base.load(reference)
    except dagger.QueryError as error:
        raise outside.step_error(f"the base image {reference} can't be had", error) from None


async def _intent(
    sources: Sources, repository: dagger.Directory, dag_type: str, registry: str, owner: str, ref: str
) -> Intent:
    found = await sources.catalog()
    chosen = [found.get(dag_type)] if dag_type else found.all()
    settings = publish_settings.parse(await sources.text(publish_settings.FILE))
    revision = await history.revision(repository)
    return planning.intend(found, chosen, revision, settings, ref=ref, registry=registry, owner=owner)


async def _publish(
    intent: Intent,
    access: Access,
    platform: "list[str] | None",
    force: str,
    sources: Sources,
    repository: dagger.Directory,
) -> Publication:
    request = Request(
        platforms=platforms.parse(platform or []), access=access, force=force, base=pins.image("airflow")
    )
    done = await publishing.publish(intent, request, sources, repository)
    if done.failed:
        raise CheckError([done.table()])
    return done


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
