"""One DAG type's image: planned from its sources, assembled as an OCI layout, and what can be asked of it."""

import dataclasses
import json
from functools import partial
from typing import Annotated

import dagger
from dagger import Doc, Name, dag, field, function, object_type

from ..api.tests import gate
from ..attest.sbom import create
from ..checks.dags import suite
from ..checks.dags.suite import Subject
from ..checks.scan import database
from ..config import layers as config_layers
from ..config import lockfile, policy
from ..config.dag_type import DagType
from ..errors import ConfigurationError, gather_all
from ..text import megabytes
from ..tools import containers, failures, trivy
from ..tools.checkout import Checkout
from ..tools.engine import as_function_error
from . import base, foundation, guard, oci
from . import layers as image_layers
from .base import BaseImage
from .environment import Environment
from .installed import installed
from .layers import Step

DAGS = "opt/airflow/dags"
SCRIPTS = "opt/airflow/scripts"
ENVIRONMENT = {"PYTHONPATH": "/opt/airflow"}


@object_type
class Image:
    """The image of one DAG type."""

    dag: Annotated[str, Doc("DAG type")] = field()
    base: Annotated[str, Doc("Reference of the base image, by digest")] = field()
    digest: Annotated[str, Doc("Digest of the image's manifest")] = field()
    size: Annotated[int, Doc("Compressed bytes of all layers")] = field()
    added_size: Annotated[int, Doc("Compressed bytes of the layers above the base")] = field()
    layers: Annotated[list[str], Doc("A line per added layer: title, size, digest")] = field()
    requirements: list[str]
    declared: str
    dag_files: dagger.Directory
    house: str
    lock: str
    config: str
    manifest: str
    below: dagger.Directory
    digests: list[str]
    tarballs: list[dagger.File]

    @function
    def summary(self) -> str:
        """What the image is, in a few lines."""
        return summary(self)

    @function
    def layout(self) -> dagger.Directory:
        """The image as an OCI image layout: the bytes that are tested, scanned and published."""
        blobs = dict(zip(self.digests, self.tarballs, strict=True))
        return _with_image(self.below, self.assembly(), blobs)

    @function
    def container(self) -> dagger.Container:
        """The image as a container, taken from the layout."""
        return import_layout(self.layout())

    def assembly(self) -> oci.Assembly:
        """The image's own JSON."""
        return oci.assembly(oci.Blob(text=self.config), oci.Blob(text=self.manifest), self.size)

    @function
    async def test(self) -> str:
        """Test the image and its DAGs with the network cut off; fails with every finding."""
        with as_function_error():
            return gate([await suite.run(self.subject(), {})])

    def subject(self) -> Subject:
        """The image as what its tests are about."""
        return Subject(
            dag_type=DagType.model_validate_json(self.declared),
            container=self.container(),
            foundation=self._foundation(),
            below=self.base,
            dags=self.dag_files,
        )

    def _foundation(self) -> dagger.Container:
        """The image without its DAGs, the last of its layers."""
        assembly = self.assembly()
        end = -1 if foundation.has_dags(assembly) else None
        blobs = dict(zip(self.digests[:end], self.tarballs[:end], strict=True))
        return import_layout(_with_image(self.below, foundation.without_dags(assembly), blobs))

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
            java = partial(database.java, database.Asked(), policy.parse(self.house or None))
            below = await trivy.read((await base.load(self.base)).layout, java)
            analysis = await trivy.read(self.layout(), java, below)
            return dag.file(f"{self.dag}.{form}.json", await create.sbom(self, analysis, form, scope))

    def platform(self) -> str:
        """Such as linux/amd64."""
        config = json.loads(self.config)
        return f"{config['os']}/{config['architecture']}"

    def added_diff_ids(self) -> list[str]:
        """Digests of the layers above the base, unpacked."""
        return list(json.loads(self.config)["rootfs"]["diff_ids"])[-len(self.digests) :]

    def described(self, assembly: oci.Assembly) -> "Image":
        """The same layers under other JSON."""
        texts = {"config": assembly.config.text, "manifest": assembly.manifest.text}
        return dataclasses.replace(self, digest=assembly.manifest.digest, **texts)


def summary(image: Image) -> str:
    """An image in a few lines, for a terminal."""
    lines = [
        f"dag      {image.dag}",
        f"base     {image.base}",
        f"digest   {image.digest}",
        f"size     {megabytes(image.size)}, of which {megabytes(image.added_size)} are added to the base",
    ]
    lines += [f"layer    {line}" for line in image.layers]
    return "\n".join(lines)


async def build(
    dag_type: DagType, sources: Checkout, below: BaseImage, tools: dagger.Container | None = None
) -> Image:
    """Build the image of a DAG type on a base.

    Args:
        dag_type: the type.
        sources: the repository.
        below: the base, in whose container packages are installed.
        tools: a container with Python and tar, to pack files in; none: the module's own.

    Raises:
        ConfigurationError: its lock doesn't fit, it harms the base, or it adds more than its max-added-mb.
        dagger.QueryError: a step failed.
    """
    lock = await sources.lock(dag_type, lockfile.base_name(below.reference))
    steps: list[Step] = []
    had: Environment | None = None  # what the base had; none where nothing is installed
    builder = below.container
    tools = tools or containers.tool_container()
    if dag_type.settings.system_packages:
        system, builder = image_layers.system_packages(builder, dag_type.settings.system_packages)
        steps.append(system)
    if lock.packages:
        had = await _installed(dag_type, below.container)
        guard.moved(dag_type, lock, had)
        settings = config_layers.parse(await sources.text(config_layers.FILE))
        own = [name for name in settings.own if name in lock.packages]
        found, builder = image_layers.delta(builder, dag_type, lock, own, sources.netrc)
        steps += found
    if dag_type.script_paths:
        scripts = await sources.script_files(dag_type)
        steps.append(image_layers.tree(tools, "scripts", scripts, SCRIPTS))
    dags = await sources.dag_files(dag_type)
    steps.append(image_layers.tree(tools, "dags", dags, DAGS))

    made = await gather_all(_make(dag_type, step) for step in steps)
    if had:
        guard.overwritten(dag_type, had, await _installed(dag_type, builder))
    kept = [(step, layer) for step, layer in zip(steps, made, strict=True) if layer.files]
    added = [layer for _, layer in kept]
    _check_budget(dag_type, added)
    env = {**ENVIRONMENT, **dag_type.settings.env}
    assembly = oci.assemble(below.image, added, env, below.user)
    return Image(
        dag=dag_type.name,
        base=below.reference,
        digest=assembly.manifest.digest,
        size=assembly.size,
        added_size=sum(layer.size for layer in added),
        layers=[_line(layer) for layer in added],
        requirements=list(dag_type.project.dependencies),
        declared=dag_type.model_dump_json(by_alias=True),
        dag_files=dags,
        house=await sources.text(policy.HOUSE) or "",
        lock=lock.text,
        config=assembly.config.text,
        manifest=assembly.manifest.text,
        below=_without_own_json(below),
        digests=[layer.digest for layer in added],
        tarballs=[step.tarball for step, _ in kept],
    )


async def _make(dag_type: DagType, step: Step) -> oci.Layer:
    try:
        return await step.layer()
    except dagger.QueryError as error:
        raise failures.step_error(f"{dag_type.name}: layer {step.title!r} failed", error) from None


async def _installed(dag_type: DagType, container: dagger.Container) -> Environment:
    try:
        return await installed(container)
    except dagger.QueryError as error:
        told = f"{dag_type.name}: the base's Python doesn't tell what is installed"
        raise failures.step_error(told, error) from None


def import_layout(layout: dagger.Directory) -> dagger.Container:
    """A container from an OCI image layout, with the layout's own bytes."""
    tarball = (
        containers.tool_container()
        .with_mounted_directory("/mnt/layout", layout)
        .with_exec(["tar", "--create", "--file", "/image.tar", "--directory", "/mnt/layout", "."])
        .file("/image.tar")
    )
    return dag.container().import_(tarball)


def layout(
    below: BaseImage | None, assembly: oci.Assembly, blobs: dict[str, dagger.File]
) -> dagger.Directory:
    """An image as an OCI layout that holds it alone.

    Args:
        below: the base, whose layers needn't be among the blobs; None: all of them are.
        assembly: the image's own JSON.
        blobs: its layers, by digest.
    """
    started = dag.directory().with_new_file("oci-layout", '{"imageLayoutVersion":"1.0.0"}')
    return _with_image(_without_own_json(below) if below else started, assembly, blobs)


def _without_own_json(below: BaseImage) -> dagger.Directory:
    layout = below.layout
    # What described the base alone is nobody's now; manifest.json is Docker's index, and names only the base.
    for stale in (
        oci.blob_path(below.digest),
        oci.blob_path(below.image.manifest["config"]["digest"]),
        "manifest.json",
    ):
        layout = layout.without_file(stale)
    return layout


def _with_image(
    below: dagger.Directory, assembly: oci.Assembly, blobs: dict[str, dagger.File]
) -> dagger.Directory:
    made = below
    for digest, tarball in blobs.items():
        made = made.with_file(oci.blob_path(digest), tarball)
    for blob in (assembly.config, assembly.manifest):
        made = made.with_new_file(blob.path, blob.text)
    return made.with_new_file("index.json", assembly.index.text)


def _line(layer: oci.Layer) -> str:
    return f"{layer.title:<16} {megabytes(layer.size):>9}  {layer.files:>5} files  {layer.digest}"


def _check_budget(dag_type: DagType, added: list[oci.Layer]) -> None:
    budget = dag_type.settings.max_added_mb
    size = sum(layer.size for layer in added)
    if budget is not None and size > budget * 1e6:
        lines = "".join(f"\n  {_line(layer)}" for layer in added)
        told = f"the image adds {megabytes(size)} to its base, max-added-mb allows {budget:g}"
        raise ConfigurationError([f"{dag_type.file}: {told}: drop a dependency or raise it{lines}"])
