"""What the images of DAG types have in common, by the images themselves."""

from collections.abc import Sequence

from . import image, layer_settings, lockfile, sharing
from .base import BaseImage
from .dependencies.installed import installed
from .sharing import Delta
from .sources import Sources
from .spec import DagType
from .together import together


async def told(types: Sequence[DagType], sources: Sources, below: BaseImage) -> str:
    """What several DAG types share, and what they could, as a table; each image is built.

    Raises:
        ConfigurationError: a lock or images/layers.toml is wrong.
        StepError: an image can't be built.
    """
    settings = layer_settings.parse(await sources.text(layer_settings.FILE))
    deltas = await together(_delta(each, sources, below) for each in types)
    return sharing.table(deltas, settings.own)


async def _delta(dag_type: DagType, sources: Sources, below: BaseImage) -> Delta:
    lock = await sources.lock(dag_type, lockfile.base_name(below.reference))
    built = await image.build(dag_type, sources, below)
    there = (await installed(built.container())).distributions
    sizes = {each.name: (each.version, each.size) for each in there}
    layers = dict(zip((line.split()[0] for line in built.layers), built.digests, strict=True))
    # Where every package has a layer of its own there is no other.
    layer = layers.get("delta", lock.installed)
    return Delta(dag=dag_type.name, layer=layer, packages=sharing.packages(sizes, lock.packages))
