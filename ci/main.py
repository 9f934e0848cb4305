"""The main object: what a user calls."""

import asyncio

import dagger
from dagger import check, dag, function, generate, object_type

from . import (
    base,
    formats,
    image,
    listing,
    lockfile,
    locking,
    pins,
    planning,
    publishing,
    scanning,
    smoke,
)
from .afterwards import Afterwards
from .arguments import (
    AnyDagType,
    Authority,
    Database,
    DatabaseFile,
    Format,
    OneDagType,
    Owner,
    PlainHttp,
    Ref,
    RegistryHost,
    Token,
    Username,
)
from .base import BaseImage
from .checks import Checks
from .database import Asked
from .database import asked as database_of
from .errors import CheckError, Fault
from .history import Repository
from .image import Image
from .publisher import Publisher
from .registry import Access
from .scan import Scan, gate
from .sources import Project, Source, Sources, read
from .spec import DagType


@object_type
class AirflowImages(Publisher, Afterwards):
    """Container images for Airflow DAGs: one per DAG type, built, tested and published."""

    source: Source

    @function
    async def list(self, form: Format = "table") -> str:
        """The DAG types with their base, packages and DAG files."""
        async with read(self.source) as sources:
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
        async with read(self.source) as sources:
            found = (await sources.catalog()).get(dag_type)  # first: a slip of the keyboard costs no pull
            built = await image.build(found, sources, await base.load(pins.image("airflow")))
        print(image.summary(built))  # noqa: T201 - the CLI shows nothing of an object but its id
        return built

    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def test(self, dag_type: AnyDagType = "") -> str:
        """Smoke-test a DAG type's image, or every type's, without a network; fails with every finding."""
        async with read(self.source) as sources:
            types = (await sources.catalog()).chosen(dag_type)
            below = await base.load(pins.image("airflow"))
            results = await asyncio.gather(
                *(_test(each, sources, below) for each in types), return_exceptions=True
            )
            return _joined(results)

    # Never remembered: advisories come by the hour.
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def scan(
        self,
        dag_type: AnyDagType = "",
        database: Database = None,
        database_file: DatabaseFile = None,
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        *,
        plain_http: PlainHttp = False,
    ) -> Scan:
        """Scan a DAG type's image, or every type's, by images/policy.toml; fails unless all passed."""
        async with read(self.source) as sources:
            access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
            asked = database_of(tuple(database or ()), database_file, access)
            return await scanning.scan_all((await sources.catalog()).chosen(dag_type), asked, sources)

    @check
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def vulnerabilities(self) -> None:
        """Scan of every DAG type's image; no policy is wrong, no ignore expired."""
        async with read(self.source) as sources:
            types = (await sources.catalog()).all()
            found = await scanning.scan_all(types, Asked(test=True), sources)
            print(gate(found.parsed(), test=True))  # noqa: T201 - a check shows what it printed

    @check
    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def smoke(self) -> None:
        """Smoke tests of every DAG type's image."""
        print(await self.test())  # noqa: T201 - a check shows what it printed

    @generate
    @function
    async def lock(self, dag_type: AnyDagType = "") -> dagger.Changeset:
        """Resolve pylock.toml, with hashes, against the base's Python and packages."""
        async with read(self.source) as sources:
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
        async with read(self.source) as sources:
            intent = await publishing.intend(sources, repository, dag_type, registry, owner, ref)
            return formats.chosen(form, planning.table(intent), planning.as_json(intent))

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
