"""The answer of ``ci/image/programs/imports.py``: what an image's Python can't import."""

from collections.abc import Mapping

from ...config.values import Value
from .imports import Import


class Failure(Value):
    """The error of an import; ``elsewhere`` is another module that has the name, where one is known."""

    cause: str
    elsewhere: str = ""

    def lacks(self, module: str) -> bool:
        """Return whether the module itself or a package around it doesn't exist."""
        start = "ModuleNotFoundError: No module named "
        names = [".".join(module.split(".")[:end]) for end in range(1, module.count(".") + 2)]
        return any(self.cause.startswith(f"{start}{name!r}") for name in names)


class Imported(Value):
    """What can't be imported in an image.

    ``failed`` has the imports of the type's code, by their names as ``name_of`` writes them; ``broken`` the
    declared dependencies of which no module can be imported; ``problem`` why nothing could be tried.
    """

    failed: Mapping[str, Failure] = {}
    broken: Mapping[str, str] = {}
    problem: str = ""

    def failure(self, imported: Import) -> Failure | None:
        """Return the error of an import; None if it works, or wasn't tried."""
        return None if imported.level else self.failed.get(name_of(imported))


def name_of(imported: Import) -> str:
    """Return an import as module:name, or its module where it takes no name."""
    return f"{imported.module}:{imported.name}" if imported.name else imported.module
