"""A DAG type's image, as a user gets it: its fields, and the calls on it."""

import dataclasses
import json
from functools import partial
from typing import Annotated, Self

import dagger
from dagger import Doc, Name, dag, field, function, object_type

from ..attest.sbom import create
from ..checks.run import request, run
from ..checks.run.request import SECONDS
from ..checks.scan import database as databases
from ..checks.scan import scan
from ..config import dag_type
from ..image import base, built, oci
from ..lock import explain
from ..tools import checkout as checkouts
from ..tools import registry, trivy
from ..tools.engine import as_function_error
from . import scan as scans
from . import tests
from .arguments import Database, DatabaseFile, RefreshDatabase
from .caching import briefly_cached, never_cached
from .output import shown


@object_type
class Image:
    """The image of one DAG type."""

    dag: Annotated[str, Doc("DAG type")] = field()
    base: Annotated[str, Doc("Reference of the base image, by digest")] = field()
    digest: Annotated[str, Doc("Digest of the image's manifest")] = field()
    size: Annotated[int, Doc("Compressed bytes of all layers")] = field()
    added_size: Annotated[int, Doc("Compressed bytes of the layers above the base")] = field()
    layers: Annotated[list[str], Doc("A line per added layer: title, size, digest")] = field()
    # Private: with the fields, all that a BuiltImage is made of, and the repository.
    source: dagger.Directory
    netrc: dagger.Secret | None
    dag_type: str
    lock: str
    config: str
    manifest: str
    added: list[str]
    tarballs: list[dagger.File]
    base_layout: dagger.Directory
    files: dagger.Directory
    left_out: list[str]

    @classmethod
    def of(
        cls, image: "built.BuiltImage", source: dagger.Directory, netrc: dagger.Secret | None = None
    ) -> Self:
        """Return the object for an image built from a source."""
        return cls(
            dag=image.dag_type.name,
            base=image.base,
            digest=image.digest,
            size=image.size,
            added_size=image.added_size,
            layers=[layer.line for layer in image.layers],
            source=source,
            netrc=netrc,
            dag_type=image.dag_type.model_dump_json(by_alias=True),
            lock=image.lock,
            config=image.assembly.config.text,
            manifest=image.assembly.manifest.text,
            added=[json.dumps(dataclasses.asdict(layer)) for layer in image.layers],
            tarballs=[image.tarballs[layer.digest] for layer in image.layers],
            base_layout=image.base_layout,
            files=image.files,
            left_out=[*image.left_out],
        )

    def to_built(self) -> "built.BuiltImage":
        """Return the image as the value that this object was made of."""
        layers = tuple(oci.Layer(**json.loads(text)) for text in self.added)
        digests = [layer.digest for layer in layers]
        return built.BuiltImage(
            dag_type=dag_type.DagType.model_validate_json(self.dag_type),
            base=self.base,
            base_layout=self.base_layout,
            assembly=oci.assembly(oci.Blob(text=self.config), oci.Blob(text=self.manifest), self.size),
            layers=layers,
            tarballs=dict(zip(digests, self.tarballs, strict=True)),
            files=self.files,
            lock=self.lock,
            left_out=tuple(self.left_out),
        )

    # A remembered call shows nothing.
    @never_cached
    async def sync(self) -> str:
        """Show the summary. The CLI calls it where a call ends in an image."""
        return await shown(self.summary())

    @function
    def summary(self) -> str:
        """Return digest, sizes and layers as a few lines."""
        return self.to_built().summary()

    @function
    def layout(self) -> dagger.Directory:
        """Return the image as an OCI image layout: the bytes that are tested, scanned and published."""
        return self.to_built().layout()

    @function
    def container(self) -> dagger.Container:
        """Return the image as a container, taken from the layout."""
        return self.to_built().container()

    @briefly_cached
    async def test(self) -> str:
        """Test the image as a pod and the scheduler would run it; fails with every finding."""
        async with checkouts.opened(self.source, self.netrc) as checkout:
            return tests.result(await tests.test(checkout, self.dag))

    # Never remembered: advisories come by the hour.
    @never_cached
    async def scan(
        self,
        database: Database = None,
        database_file: DatabaseFile = None,
        *,
        refresh_database: RefreshDatabase = False,
    ) -> str:
        """Scan the image by images/policy.toml; fails unless it passed."""
        async with checkouts.opened(self.source, self.netrc) as checkout:
            types = [(await checkout.catalog()).get(self.dag)]
            request = databases.database_request(
                tuple(database or ()), database_file, registry.Access(), refresh=refresh_database
            )
            return scans.result(await scan.scan_all(types, request, checkout))

    # Never remembered: a run is an effect.
    @never_cached
    async def run(
        self,
        dag_id: Annotated[str, Doc("Id of the DAG")],
        task_id: Annotated[
            str, Doc("A task to run alone; of a mapped task 'load[0]', and so on; default: all tasks")
        ] = "",
        logical_date: Annotated[str, Doc("Logical date of the run, such as 2026-01-31; default: now")] = "",
        env_file: Annotated[
            dagger.Secret | None,
            Doc("Variables for the run, as lines NAME=VALUE: file://dag.env; no value is shown"),
        ] = None,
        timeout: Annotated[  # noqa: ASYNC109 - Airflow is ended by it, not this function
            int, Doc("Seconds after which the run is ended, with exit code 124")
        ] = SECONDS,
    ) -> str:
        """Run a DAG, or one of its tasks, against a PostgreSQL; fails with the run's own exit code."""
        async with checkouts.opened(self.source, self.netrc) as checkout:
            run_request = request.Request(dag=dag_id, task=task_id, date=logical_date, seconds=timeout)
            dag_type = (await checkout.catalog()).get(self.dag)
            return await run.run(dag_type, run_request, checkout, await base.pinned(checkout), env_file)

    @briefly_cached
    async def explain(self, package: Annotated[str, Doc("Name of an installed package")]) -> str:
        """Explain why a package is in the image, and which of its versions others accept."""
        with as_function_error():
            return await explain.explain(self.to_built(), package)

    @briefly_cached
    async def tree(self) -> str:
        """Show the packages that the image adds to its base, under what requires them."""
        with as_function_error():
            return await explain.tree(self.to_built())

    @function
    async def sbom(
        self,
        form: Annotated[str, Name("format"), Doc("cyclonedx or spdx")] = "cyclonedx",
        scope: Annotated[str, Doc("image: all that is in it; delta: what it adds to its base")] = "image",
    ) -> dagger.File:
        """Return the software bill of materials, with package URLs, licenses and the lock's hashes."""
        async with checkouts.opened(self.source) as checkout:
            built = self.to_built()
            java = partial(databases.java, databases.DatabaseRequest(), await scan.rules_of("", checkout))
            base_analysis = await scan.read_base(await base.load(self.base), java)
            analysis = await trivy.read(built.layouts_above_base(), java, base_analysis)
            return dag.file(f"{self.dag}.{form}.json", await create.sbom(built, analysis, form, scope))
