"""A DAG type's image, as a user gets it: fields, and what can be asked of it."""

import dataclasses
import json
from functools import partial
from typing import Annotated, Self

import dagger
from dagger import Doc, Name, dag, field, function, object_type

from ..attest.sbom import create
from ..checks.dags import suite
from ..checks.dags.suite import ImageUnderTest
from ..checks.scan import database
from ..config import policy
from ..config.dag_type import DagType
from ..image import base, oci
from ..image.built import BuiltImage
from ..tools import trivy
from ..tools.engine import as_function_error
from .output import shown
from .tests import gate


@object_type
class Image:
    """The image of one DAG type."""

    dag: Annotated[str, Doc("DAG type")] = field()
    base: Annotated[str, Doc("Reference of the base image, by digest")] = field()
    digest: Annotated[str, Doc("Digest of the image's manifest")] = field()
    size: Annotated[int, Doc("Compressed bytes of all layers")] = field()
    added_size: Annotated[int, Doc("Compressed bytes of the layers above the base")] = field()
    layers: Annotated[list[str], Doc("A line per added layer: title, size, digest")] = field()
    # Private: with the fields, all that a BuiltImage and the SBOMs are made of.
    dag_type: str
    policy: str
    lock: str
    config: str
    manifest: str
    added: list[str]
    tarballs: list[dagger.File]
    base_layout: dagger.Directory
    dag_files: dagger.Directory

    @classmethod
    def of(cls, built: BuiltImage, shared_policy: str = "") -> Self:
        """Return the object for an image; ``shared_policy`` is the text of images/policy.toml."""
        return cls(
            dag=built.dag_type.name,
            base=built.base,
            digest=built.digest,
            size=built.size,
            added_size=built.added_size,
            layers=[layer.line for layer in built.layers],
            dag_type=built.dag_type.model_dump_json(by_alias=True),
            policy=shared_policy,
            lock=built.lock,
            config=built.assembly.config.text,
            manifest=built.assembly.manifest.text,
            added=[json.dumps(dataclasses.asdict(layer)) for layer in built.layers],
            tarballs=[built.tarballs[layer.digest] for layer in built.layers],
            base_layout=built.base_layout,
            dag_files=built.dags,
        )

    def to_built(self) -> BuiltImage:
        """Return the image as the value that this object was made of."""
        layers = tuple(oci.Layer(**json.loads(text)) for text in self.added)
        digests = [layer.digest for layer in layers]
        return BuiltImage(
            dag_type=DagType.model_validate_json(self.dag_type),
            base=self.base,
            base_layout=self.base_layout,
            assembly=oci.assembly(oci.Blob(text=self.config), oci.Blob(text=self.manifest), self.size),
            layers=layers,
            tarballs=dict(zip(digests, self.tarballs, strict=True)),
            dags=self.dag_files,
            lock=self.lock,
        )

    # A remembered call shows nothing.
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def sync(self) -> str:
        """Show the summary. The CLI calls it where a call ends in an image."""
        return await shown(self.summary())

    @function
    def summary(self) -> str:
        """What the image is, in a few lines."""
        return self.to_built().summary()

    @function
    def layout(self) -> dagger.Directory:
        """The image as an OCI image layout: the bytes that are tested, scanned and published."""
        return self.to_built().layout()

    @function
    def container(self) -> dagger.Container:
        """The image as a container, taken from the layout."""
        return self.to_built().container()

    @function
    async def test(self) -> str:
        """Test the image and its DAGs with the network cut off; fails with every finding."""
        with as_function_error():
            return gate([await suite.run(ImageUnderTest.of(self.to_built()))])

    @function
    async def sbom(
        self,
        form: Annotated[str, Name("format"), Doc("cyclonedx or spdx")] = "cyclonedx",
        scope: Annotated[
            str, Doc("image: all that is in it; delta: what the type adds to its base")
        ] = "image",
    ) -> dagger.File:
        """The software bill of materials, with package URLs, licenses and the hashes of the lock."""
        with as_function_error():
            built = self.to_built()
            java = partial(database.java, database.DatabaseRequest(), policy.parse(self.policy or None))
            base_analysis = await trivy.read((await base.load(self.base)).layout, java)
            analysis = await trivy.read(built.layout(), java, base_analysis)
            return dag.file(f"{self.dag}.{form}.json", await create.sbom(built, analysis, form, scope))
