"""Why an image has a package, and what a DAG type adds to its base, by what is installed in both."""

import asyncio

from ..image import base
from ..image.build import Image
from ..image.installed import installed
from . import explain_text
from .graph import Graph


async def explain(built: Image, package: str) -> str:
    """Return why a package is in an image, and who accepts which of its versions, as text.

    Raises:
        ConfigurationError: the package isn't installed in the image.
    """
    return explain_text.explanation(built.dag, built.requirements, await _graph(built), package)


async def tree(built: Image) -> str:
    """Return the packages that an image adds to its base, as a tree of what requires them."""
    return explain_text.tree(built.dag, built.requirements, await _graph(built))


async def _graph(built: Image) -> Graph:
    image, base_packages = await asyncio.gather(
        installed(built.container()), installed(base.container(built.base))
    )
    return Graph(image, base_packages)
