"""An image as a registry has it: on which base it stands, and as a layout for which no base is fetched."""

import json

import dagger

from . import image, oci, outside
from .base import BaseImage
from .errors import StepError
from .names import Reference
from .registry import Registry


def stands_on(below: BaseImage, manifest: str, config: str) -> bool:
    """Whether an image's lowest layers are a base's, packed and unpacked, and no other claims to be."""
    theirs: list[str] = json.loads(config)["rootfs"]["diff_ids"]
    packed = [layer["digest"] for layer in json.loads(manifest)["layers"]]
    bases: list[str] = below.image.config["rootfs"]["diff_ids"]
    count = len(bases)
    same = theirs[:count] == bases and packed[:count] == [x["digest"] for x in below.image.manifest["layers"]]
    return same and len(theirs) == len(packed) == len(set(theirs))


def platform(config: str) -> str:
    """The platform of an image, such as linux/amd64, by the text of its configuration."""
    settings = json.loads(config)
    return f"{settings.get('os')}/{settings.get('architecture')}"


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
        StepError: the registry doesn't give a layer.
    """
    manifest, config = texts
    packed = [layer["digest"] for layer in json.loads(manifest)["layers"]]
    known = [layer["digest"] for layer in below.image.manifest["layers"]] if below else []
    wanted = [each for each in dict.fromkeys(packed) if each not in known]
    folder = place.blobs(where.repository, where.digest, wanted, kept=True)
    try:
        await folder.sync()
    except dagger.QueryError as error:
        said = error.stderr if isinstance(error, dagger.ExecError) else str(error)
        raise StepError([outside.registry_problem(str(where), said)]) from None
    blobs = {digest: folder.file(oci.hex_digits(digest)) for digest in wanted}
    return image.layout(below, oci.assembly(oci.Blob(text=config), oci.Blob(text=manifest), 0), blobs)
