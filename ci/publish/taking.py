"""Layers of packages that published images have already: taken from them, where they may be trusted."""

from collections.abc import Iterator

from ..attest import signed
from ..config import names
from ..config.names import Reference
from ..errors import Fault
from ..image import labels, published
from ..image.base import BaseImage
from ..image.build import Take
from ..image.built import Taken
from ..tools.engine import step
from ..tools.repository_content import RepositoryContent
from .context import Context
from .type_publish import TypePublish


def from_published(row: TypePublish, context: Context) -> Take:
    """Return the function that takes the layers for a DAG type's image from what the stage look saw.

    It takes none that the engine made itself before.
    """

    async def take(inputs: str, base: BaseImage) -> Taken:
        content = await context.content(row.name)
        if names.hex_digits(inputs) in content.made:
            return Taken()
        problems: list[str] = []
        for image in _candidates(row.plan.repository, content, inputs, base):
            try:
                taken = await _taken(image, row.name, inputs, base, context)
            except Fault as fault:
                problems += fault.problems
                continue
            if taken.layers:
                return taken
        return Taken(problem="; ".join(problems))

    return take


async def _taken(image: Reference, name: str, inputs: str, base: BaseImage, context: Context) -> Taken:
    with step(f"dependencies of {name}: from {image}"):
        registry = await context.registry()
        if context.request.signer.is_requested:
            await signed.require(image, registry, await context.trust())
        layers = await published.dependencies(image, registry, base, inputs)
    return Taken(reference=str(image), layers=layers)


def _candidates(
    repository: str, content: RepositoryContent, inputs: str, base: BaseImage
) -> Iterator[Reference]:
    """Yield the published images of the base's platform that may have the layers, each once."""
    config = base.image.config
    platform = f"{config.get('os')}/{config.get('architecture')}"
    images: dict[str, None] = {}
    for tag, digest in content.digests.items():
        image = published.of_platform(digest, content.manifests[tag], platform)
        # The labels of an index are those of one of its platforms.
        if image and (image != digest or content.labels[tag].get(labels.DEPENDENCIES) == inputs):
            images[image] = None
    for digest in images:
        yield Reference(repository=repository, tag="", digest=digest)
