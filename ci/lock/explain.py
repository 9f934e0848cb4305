"""Why a package is in an image, and what a DAG type adds to its base: asked of the image itself."""

import asyncio

from ..image import base
from ..image.build import Image
from ..image.installed import installed
from . import explain_text
from .graph import Graph


async def explain(built: Image, package: str) -> str:
    """Why a package is in an image, and who asks for which of its versions, as text.

    Raises:
        ConfigurationError: it isn't installed there.
    """
    return explain_text.explanation(built.dag, built.requirements, await graph(built), package)


async def tree(built: Image) -> str:
    """The packages that an image adds to its base, each below what requires it, as text."""
    return explain_text.tree(built.dag, built.requirements, await graph(built))


async def graph(built: Image) -> Graph:
    """The requirements among all that is installed in an image."""
    image, below = await asyncio.gather(installed(built.container()), installed(base.container(built.base)))
    return Graph(image, below)
