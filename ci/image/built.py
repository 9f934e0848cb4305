"""A DAG type's image as it was built: a value that is tested, scanned, signed and pushed, and its layout."""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import dagger
from dagger import dag

from ..config.dag_type import DagType
from ..text import megabytes
from ..tools import containers
from . import oci
from .base import BaseImage

BYTECODE = "byte code"
"""The title of the layer with the base's byte code, the lowest one, which all types on the base share."""
DAGS, SCRIPTS = "dags", "scripts"
OWN_FILES = (DAGS, SCRIPTS)
"""The titles of the layers with a type's own files, highest first, above all others."""
_LITTER = "files of a version control system, editor, virtual environment or cache are in no image"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Layers of packages from a published image, and the image's reference by digest.

    ``problem`` says why none were taken although an image has them; empty too if there is no such image.
    """

    reference: str = ""
    layers: Mapping[oci.Layer, dagger.File] = field(default_factory=dict[oci.Layer, dagger.File])
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class BuiltImage:
    """The image of one DAG type."""

    dag_type: DagType
    base: str
    """The base's reference, by digest."""
    base_layout: dagger.Directory
    """The base as an OCI image layout, without the JSON that describes the base alone."""
    assembly: oci.Assembly
    layers: tuple[oci.Layer, ...]
    """The layers added to the base, lowest first."""
    tarballs: Mapping[str, dagger.File]
    """The added layers' files, by digest."""
    files: dagger.Directory
    """What is in the layers with the type's own files, unpacked, at its paths in the image."""
    lock: str
    dependencies: str = ""
    """The digest of the inputs of the packages' layers, for a label."""
    taken: Taken = field(default_factory=Taken)
    left_out: tuple[str, ...] = ()
    """The paths of litter among the type's files, which the image hasn't."""

    @property
    def digest(self) -> str:
        """The digest of the image's manifest."""
        return self.assembly.manifest.digest

    @property
    def size(self) -> int:
        """Compressed bytes of all layers."""
        return self.assembly.size

    @property
    def added_size(self) -> int:
        """Compressed bytes of the layers above the base."""
        return sum(layer.size for layer in self.layers)

    @property
    def platform(self) -> str:
        """The platform, such as linux/amd64."""
        config = json.loads(self.assembly.config.text)
        return f"{config['os']}/{config['architecture']}"

    def layout(self) -> dagger.Directory:
        """Return the image as an OCI image layout: the bytes that are tested, scanned and published."""
        return _with_image(self.base_layout, self.assembly, self.tarballs)

    def container(self) -> dagger.Container:
        """Return the image as a container, from the bytes of its layout."""
        return import_layout(self.layout())

    @property
    def environment(self) -> "BuiltImage":
        """The image without the type's own files and name: all types with the same packages have it."""
        return self._without(*OWN_FILES)

    def layouts_above_base(self) -> tuple[dagger.Directory, ...]:
        """Return the image as OCI layouts for one who has read the base, whose layers are in none of them.

        Before the image comes one without its DAGs, the same for every version of them.
        """
        images = (self._without(DAGS), self)
        return tuple(_with_image(_empty(), image.assembly, image.tarballs) for image in images)

    @property
    def lowest(self) -> "BuiltImage":
        """The base with its byte code, which all images on it begin with."""
        return self._with(self.layers[: int(self.layers[0].title == BYTECODE)])

    def _without(self, *titles: str) -> "BuiltImage":
        """Return the image without its highest layers of these titles, highest first."""
        return self._with(without(self.layers, *titles))

    def _with(self, layers: tuple[oci.Layer, ...]) -> "BuiltImage":
        """Return the image with its lowest layers alone."""
        return dataclasses.replace(
            self,
            assembly=oci.without_layers(self.assembly, len(self.layers) - len(layers)),
            layers=layers,
            tarballs={layer.digest: self.tarballs[layer.digest] for layer in layers},
        )

    def described(self, assembly: oci.Assembly) -> "BuiltImage":
        """Return the same layers under other JSON."""
        return dataclasses.replace(self, assembly=assembly)

    def summary(self) -> str:
        """Return the image in a few lines, for a terminal."""
        lines = [
            f"dag      {self.dag_type.name}",
            f"base     {self.base}",
            f"digest   {self.digest}",
            f"size     {megabytes(self.size)}, of which {megabytes(self.added_size)} are added to the base",
            *(f"layer    {layer.line}" for layer in self.layers),
            *(f"left out {path}: {_LITTER}" for path in self.left_out),
        ]
        return "\n".join(lines)


def taken_from(images: Iterable[BuiltImage]) -> tuple[str, ...]:
    """Return the published images that layers of these were taken from, each once."""
    return tuple(dict.fromkeys(image.taken.reference for image in images if image.taken.layers))


def without(layers: tuple[oci.Layer, ...], *titles: str) -> tuple[oci.Layer, ...]:
    """Return layers without the highest ones of these titles, highest first."""
    for title in titles:
        if layers and layers[-1].title == title:  # an empty one isn't a layer
            layers = layers[:-1]
    return layers


def import_layout(layout: dagger.Directory) -> dagger.Container:
    """Return a container from an OCI image layout, with the layout's own bytes."""
    file = f"{containers.OUT}/image.tar"
    tarball = (
        containers.with_out(containers.tool_container())
        .with_mounted_directory("/mnt/layout", layout)
        .with_exec(["tar", "--create", "--file", file, "--directory", "/mnt/layout", "."])
        .file(file)
    )
    return dag.container().import_(tarball)


def layout(
    base: BaseImage | None, assembly: oci.Assembly, tarballs: Mapping[str, dagger.File]
) -> dagger.Directory:
    """Return an image as an OCI layout that has no other image in it.

    The layers of its ``base`` needn't be among the tarballs, which are by digest; without one all are.
    """
    return _with_image(without_own_json(base) if base else _empty(), assembly, tarballs)


def without_own_json(base: BaseImage) -> dagger.Directory:
    """Return the layout of a base without the files that describe the base alone."""
    layout = base.layout
    for path in (
        oci.blob_path(base.digest),
        oci.blob_path(base.image.manifest["config"]["digest"]),
        "manifest.json",  # Docker's index
    ):
        layout = layout.without_file(path)
    return layout


def _empty() -> dagger.Directory:
    return dag.directory().with_new_file("oci-layout", '{"imageLayoutVersion":"1.0.0"}')


def _with_image(
    layout: dagger.Directory, assembly: oci.Assembly, tarballs: Mapping[str, dagger.File]
) -> dagger.Directory:
    for digest, tarball in tarballs.items():
        layout = layout.with_file(oci.blob_path(digest), tarball)
    for blob in (assembly.config, assembly.manifest):
        layout = layout.with_new_file(blob.path, blob.text)
    return layout.with_new_file("index.json", assembly.index.text)
