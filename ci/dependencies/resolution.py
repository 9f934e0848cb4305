"""Where an imported name would be found in an image: in the type's own files, its Python, or nowhere."""

from collections.abc import Collection, Iterator
from enum import StrEnum
from functools import cached_property

from ..errors import did_you_mean
from .environment import Environment
from .imports_of import Import

TREES = ("dags", "scripts")  # Airflow puts dags/ on the import path; PYTHONPATH has the folder above both


class Place(StrEnum):
    """What an import leads to."""

    OWN = "own"
    INSTALLED = "installed"
    FOREIGN = "foreign"
    MISSING = "missing"


class Resolver:
    """Finds imports as Python would in the image of one DAG type.

    Args:
        own: the type's files, by path from the repository's root.
        others: all files of dags/ and scripts/ that aren't the type's own.
        environment: what is installed in its image.
    """

    def __init__(self, own: Collection[str], others: Collection[str], environment: Environment) -> None:
        self._own = _Tree(own)
        self._others = _Tree(others)
        self._environment = environment

    def place(self, file: str, found: Import) -> tuple[Place, str]:
        """What an import of a file leads to, and the file in the repository where it is one."""
        places = list(_places(file, found))
        for each in places:
            if path := self._own.found(each, found):
                return Place.OWN, path
        if not found.level and not self.lacking(found):
            return Place.INSTALLED, ""
        for each in places:
            if path := self._others.found(each, found):
                return Place.FOREIGN, path
        return Place.MISSING, ""

    def lacking(self, found: Import) -> str:
        """The shortest dotted name of an import that the image's Python hasn't; empty where it has them all.

        In a namespace, a folder without an __init__.py, the next name must be there; what is in a regular
        package may be made while it runs.
        """
        parts = found.longest.split(".")
        if parts[0] in TREES:
            return found.module
        if parts[0] not in self.outermost:
            return parts[0]
        for end in range(1, len(parts)):
            within = self._environment.namespaces.get(".".join(parts[:end]))
            if within is not None and parts[end] not in within:
                return ".".join(parts[: end + 1])
        return ""

    def near(self, module: str) -> str:
        """The hint ": did you mean 'x'?" where the image's Python has a module of nearly that name."""
        above, dot, last = module.rpartition(".")
        there = self._environment.namespaces.get(above, frozenset()) if dot else self.outermost
        return did_you_mean(last, there)

    @cached_property
    def outermost(self) -> frozenset[str]:
        """The first names of all that the image's Python can import."""
        known = {
            module.partition(".")[0] for each in self._environment.distributions for module in each.modules
        }
        return self._environment.stdlib | self._environment.loose | known | {"__main__"}

    def beside(self, module: str) -> str:
        """A file of the type's own whose path ends like a module's name; empty where there is none."""
        end = module.replace(".", "/")
        return self._own.ending(f"/{end}.py", f"/{end}/__init__.py")


class _Tree:
    """Some files of the repository, and the folders they are in."""

    def __init__(self, files: Collection[str]) -> None:
        self._files = frozenset(files)
        self._folders = {above for file in files for above in _above(file)}

    def found(self, place: str, imported: Import) -> str:
        """The file or folder that an import of a module at that place leads to; empty where none does."""
        taken = imported.name not in {"", "*"}
        if taken and (inner := self._module(f"{place}/{imported.name}".lstrip("/"))):
            return inner
        here = self._module(place) if place else ""
        # A folder without an __init__.py has no names of its own.
        return "" if taken and here in self._folders else here

    def ending(self, *ends: str) -> str:
        """The first file that ends so."""
        return min((file for file in self._files if file.endswith(ends)), default="")

    def _module(self, place: str) -> str:
        for path in (f"{place}/__init__.py", f"{place}.py"):
            if path in self._files:
                return path
        return place if place in self._folders else ""


def _places(file: str, found: Import) -> Iterator[str]:
    """Paths at which the module may be, without a suffix; that of the repository's root is empty."""
    parts = found.module.split(".") if found.module else []
    if found.level:
        folders = file.split("/")[:-1]
        if found.level <= len(folders):
            yield "/".join([*folders[: len(folders) - found.level + 1], *parts])
    else:
        yield from ("/".join([*root, *parts]) for root in (["dags"], *([[]] if parts[0] in TREES else [])))


def _above(file: str) -> Iterator[str]:
    while file := file.rpartition("/")[0]:
        yield file
