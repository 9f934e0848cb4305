"""A published image: whether it is built on a base, its layout, and its layers for another image."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import dagger

from ..config import names
from ..config.names import Reference
from ..errors import StepError
from ..tools import containers, failures
from ..tools.engine import retrying
from ..tools.registry import BLOBS, Registry
from . import built, labels, oci
from .base import BaseImage

T = TypeVar("T")


def is_built_on(base: BaseImage, manifest: str, config: str) -> bool:
    """Return whether an image's lowest layers are a base's, packed and unpacked.

    A layer may occur twice, as the empty one of WORKDIR does, but one diff id must stand for the same bytes
    everywhere: analyses are cached by it. Raise StepError if the texts aren't an image's.
    """
    digests = _digests(manifest)
    diff_ids = _read(config, lambda image: [str(diff_id) for diff_id in image["rootfs"]["diff_ids"]])
    base_diff_ids: list[str] = base.image.config["rootfs"]["diff_ids"]
    count = len(base_diff_ids)
    on_base = diff_ids[:count] == base_diff_ids and digests[:count] == _base_digests(base)
    pairs = set(zip(diff_ids, digests, strict=False))
    return on_base and len(diff_ids) == len(digests) and len(pairs) == len(set(diff_ids))


def platform(config: str) -> str:
    """Return the platform in a configuration's text, such as linux/amd64; raise StepError unless JSON."""
    return _read(config, lambda image: f"{image.get('os')}/{image.get('architecture')}")


def entries(index: str) -> list[str]:
    """Return the digests of the images in the text of an index; raise StepError if it is none."""
    return _read(index, lambda image: [str(entry["digest"]) for entry in image["manifests"]])


def of_platform(digest: str, manifest: str, platform: str) -> str:
    """Return the digest of a platform's image in an index, by digest and text of either; empty for none.

    An image stands for itself. Raise StepError if the text is neither.
    """

    def chosen(top: dict[str, Any]) -> str:
        if "manifests" not in top:
            return digest
        named = {
            f"{entry['platform']['os']}/{entry['platform']['architecture']}": str(entry["digest"])
            for entry in top["manifests"]
        }
        return named.get(platform, "")

    return _read(manifest, chosen)


def added_layers(manifest: str, config: str) -> tuple[oci.Layer, ...]:
    """Return the layers that this module put on the base of an image; raise StepError if it is none."""
    return _read(manifest, lambda image: _read(config, lambda settings: oci.added_layers(image, settings)))


def _digests(manifest: str) -> list[str]:
    return _read(manifest, lambda image: [str(layer["digest"]) for layer in image["layers"]])


def _base_digests(base: BaseImage) -> list[str]:
    return [layer["digest"] for layer in base.image.manifest["layers"]]


def _read(text: str, part: Callable[[dict[str, Any]], T]) -> T:
    """Return a part of an image's JSON; the text may be anything: a chart, a signature, or no JSON."""
    try:
        return part(json.loads(text))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        problem = f"expected the JSON of an OCI image, found {text[:80]!r}: {type(error).__name__}: {error}"
        raise StepError([f"not a container image: {problem}"]) from None


async def layout(
    reference: Reference, registry: Registry, texts: tuple[str, str], base: BaseImage | None
) -> dagger.Directory:
    """Return the image, by its manifest and its configuration, as an OCI layout.

    The engine has the layers of the base that it is built on: they aren't pulled; None: all are. Raise
    StepError if the registry doesn't have a layer, or the texts aren't an image's.
    """
    manifest, config = texts
    present = _base_digests(base) if base else []
    missing = [digest for digest in dict.fromkeys(_digests(manifest)) if digest not in present]
    folder = registry.blobs(reference.repository, reference.digest, missing, cached=True)
    try:
        await retrying(folder.sync)
    except dagger.QueryError as error:
        raise StepError([failures.registry_problem(str(reference), failures.output(error))]) from None
    blobs = {digest: folder.file(names.hex_digits(digest)) for digest in missing}
    return built.layout(base, oci.assembly(oci.Blob(text=config), oci.Blob(text=manifest), 0), blobs)


async def dependencies(
    image: Reference, registry: Registry, base: BaseImage, inputs: str
) -> dict[oci.Layer, dagger.File]:
    """Return the layers of an image below its type's own files; none if its label names other inputs.

    Raise StepError if the registry doesn't have them as the image describes them, or the base is another one.
    """
    answer = await registry.image(image)
    texts = (answer["manifest"], answer["config"])
    if labels.read(texts[1]).get(labels.DEPENDENCIES) != inputs:
        return {}
    if not is_built_on(base, *texts):
        raise StepError([f"{image}: its lowest layers are not those of {base.reference}"])
    layers = built.without(added_layers(*texts), *built.OWN_FILES)
    digests = [layer.digest for layer in layers]
    try:
        # Into the engine's volume; what is read there has no login among its inputs, so that steps are kept.
        fetched = registry.blobs(image.repository, image.digest, digests, cached=True)
        await retrying(fetched.sync)
        folder = await retrying(_taken(layers).sync)
    except dagger.QueryError as error:
        raise StepError([failures.registry_problem(str(image), failures.output(error))]) from None
    return {layer: folder.file(names.hex_digits(layer.digest)) for layer in layers}


def _taken(layers: Sequence[oci.Layer]) -> dagger.Directory:
    zstd = any(layer.compression == "zstd" for layer in layers)
    container = containers.locked("layers") if zstd else containers.tool_container()
    diff_ids = json.dumps({layer.digest: layer.diff_id for layer in layers})
    program = "/mnt/take.py"
    return (
        containers.with_volume(container, BLOBS)
        .with_mounted_file(program, containers.programs("image/take").file("programs/take.py"))
        .with_exec(["python3", "-I", "-B", program, containers.volume(BLOBS), "/layers", diff_ids])
        .directory("/layers")
    )
