"""Why an image has a package, and what a DAG type adds to its base, by what is installed in both."""

from ..errors import gather_all
from ..image import base
from ..image.built import BuiltImage
from ..image.runtime import installed
from . import explain_text
from .graph import Graph


async def explain(built: BuiltImage, package: str) -> str:
    """Return why a package is in an image, and who accepts which of its versions, as text."""
    name, pins = built.dag_type.name, built.dag_type.project.dependencies
    return explain_text.explanation(name, pins, await _graph(built), package)


async def tree(built: BuiltImage) -> str:
    """Return the packages that an image adds to its base, as a tree of what requires them."""
    return explain_text.tree(built.dag_type.name, built.dag_type.project.dependencies, await _graph(built))


async def _graph(built: BuiltImage) -> Graph:
    containers = (built.container(), base.container(built.base))
    image, base_packages = await gather_all(map(installed, containers))
    return Graph(image, base_packages)
