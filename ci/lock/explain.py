"""Why an image has a package, and what a DAG type adds to its base, by what is installed in both."""

from ..errors import gather_all
from ..image import base
from ..image.built import BuiltImage
from ..image.installed import installed
from . import explain_text
from .graph import Graph


async def explain(built: BuiltImage, package: str) -> str:
    """Return why a package is in an image, and who accepts which of its versions, as text.

    Raises:
        ConfigurationError: the package isn't installed in the image.
    """
    declared = built.dag_type
    return explain_text.explanation(
        declared.name, declared.project.dependencies, await _graph(built), package
    )


async def tree(built: BuiltImage) -> str:
    """Return the packages that an image adds to its base, as a tree of what requires them."""
    declared = built.dag_type
    return explain_text.tree(declared.name, declared.project.dependencies, await _graph(built))


async def _graph(built: BuiltImage) -> Graph:
    containers = (built.container(), base.container(built.base))
    image, base_packages = await gather_all(map(installed, containers))
    return Graph(image, base_packages)
