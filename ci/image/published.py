"""An image as a registry has it: on which base it stands, and as a layout for which no base is fetched."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import dagger

from ..config import names
from ..config.names import Reference
from ..errors import StepError
from ..tools import failures
from ..tools.engine import retrying
from ..tools.registry import Registry
from . import built, oci
from .base import BaseImage

_Part = TypeVar("_Part")


def stands_on(below: BaseImage, manifest: str, config: str) -> bool:
    """Whether an image's lowest layers are a base's, packed and unpacked, and no other claims to be.

    Layers may be there twice, as the empty one that WORKDIR makes is; what is called the same must be the
    same bytes, for an analysis is kept by what a layer is called unpacked.

    Raises:
        StepError: the image's JSON isn't of an image's shape.
    """
    packed, theirs = _packed(manifest), _unpacked(config)
    bases: list[str] = below.image.config["rootfs"]["diff_ids"]
    count = len(bases)
    same = theirs[:count] == bases and packed[:count] == [x["digest"] for x in below.image.manifest["layers"]]
    pairs = set(zip(theirs, packed, strict=False))
    return same and len(theirs) == len(packed) and len(pairs) == len(set(theirs))


def platform(config: str) -> str:
    """The platform of an image, such as linux/amd64, by the text of its configuration.

    Raises:
        StepError: it is no object in JSON.
    """
    return _read(config, lambda found: f"{found.get('os')}/{found.get('architecture')}")


def entries(index: str) -> list[str]:
    """The digests of the images in an index, by its text.

    Raises:
        StepError: it is no index.
    """
    return _read(index, lambda found: [str(each["digest"]) for each in found["manifests"]])


def _packed(manifest: str) -> list[str]:
    return _read(manifest, lambda found: [str(layer["digest"]) for layer in found["layers"]])


def _unpacked(config: str) -> list[str]:
    return _read(config, lambda found: [str(each) for each in found["rootfs"]["diff_ids"]])


def _read(text: str, part: Callable[[dict[str, Any]], _Part]) -> _Part:
    """A part of an image's JSON, which may be anything: a chart's, a signature's, or nobody's."""
    try:
        return part(json.loads(text))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        told = f"expected what the OCI says of images, found {text[:80]!r}: {type(error).__name__}: {error}"
        raise StepError([f"it is no container image: {told}"]) from None


async def layout(
    where: Reference, place: Registry, texts: tuple[str, str], below: BaseImage | None
) -> dagger.Directory:
    """The image as an OCI layout.

    Args:
        where: the image, by digest.
        place: its registry.
        texts: its manifest and its configuration.
        below: the base that it stands on, whose layers the engine has: they aren't fetched; None: all are.

    Raises:
        StepError: the registry doesn't give a layer, or it is no image.
    """
    manifest, config = texts
    packed = _packed(manifest)
    known = [layer["digest"] for layer in below.image.manifest["layers"]] if below else []
    wanted = [each for each in dict.fromkeys(packed) if each not in known]
    folder = place.blobs(where.repository, where.digest, wanted, cached=True)
    try:
        await retrying(folder.sync)
    except dagger.QueryError as error:
        said = error.stderr if isinstance(error, dagger.ExecError) else str(error)
        raise StepError([failures.registry_problem(str(where), said)]) from None
    blobs = {digest: folder.file(names.hex_digits(digest)) for digest in wanted}
    return built.layout(below, oci.assembly(oci.Blob(text=config), oci.Blob(text=manifest), 0), blobs)
