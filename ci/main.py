"""The main object: what a user calls."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

import dagger
from dagger import Doc, Name, check, dag, function, generate, object_type

from . import base, image, listing, lockfile, locking, outside, pins, smoke
from .base import BaseImage
from .boundary import plain_faults
from .checks import Checks
from .errors import CheckError, Fault
from .image import Image
from .sources import Project, Source, Sources
from .spec import DagType

OneDagType = Annotated[str, Name("dag"), Doc("DAG type: a folder under images/")]
AnyDagType = Annotated[
    str, Name("dag"), Doc("DAG type: a folder under images/; all of them where none is named")
]


@object_type
class AirflowImages:
    """Container images for Airflow DAGs: one per DAG type, built, tested and published."""

    source: Source

    @function
    async def list(
        self, *, as_json: Annotated[bool, Name("json"), Doc("JSON instead of a table")] = False
    ) -> str:
        """The DAG types with their base, packages and DAG files."""
        async with self._sources() as sources:
            rows = listing.rows((await sources.catalog()).all(), pins.image("airflow"), await sources.root())
            return listing.as_json(rows) if as_json else listing.table(rows)

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


async def load_base(reference: str) -> BaseImage:
    """The base image behind a reference; raises StepError, in words for a person, where it can't be had."""
    try:
        return await base.load(reference)
    except dagger.QueryError as error:
        raise outside.step_error(f"the base image {reference} can't be had", error) from None


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
