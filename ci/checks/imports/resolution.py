"""Where an imported name would be found in an image: in the type's own files, its Python, or nowhere."""

from collections.abc import Collection, Iterator
from enum import StrEnum
from functools import cached_property
from keyword import iskeyword

from ...config.dag_type import TREES
from ...errors import did_you_mean
from ...image.environment import Environment
from .imports import Import
from .locations import archive_of, depth, module_paths


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
        places = list(module_paths(file, found))
        if not self._comes_first(found) or self._in_same_zip(file, found):
            for each in places:
                if path := self._own.found(each, found):
                    return Place.OWN, path
        if not found.level and not self.lacking(found):
            return Place.INSTALLED, ""
        for each in places:
            if path := self._others.found(each, found):
                return Place.FOREIGN, path
        return Place.MISSING, ""

    def hidden(self, file: str, found: Import) -> str:
        """The type's own file that an import may be meant for, while what is installed comes first.

        Empty where there is none, or where it is a folder: in dags/dbt/, `import dbt` means the package.
        """
        if not self._comes_first(found) or self._in_same_zip(file, found):
            return ""
        paths = filter(None, (self._own.found(each, found) for each in module_paths(file, found)))
        top = f"dags/{found.module.partition('.')[0]}/__init__.py"
        return next((path for path in paths if path.endswith(".py") and path != top), "")

    def absolute(self, file: str, found: Import) -> str | None:
        """The whole name of a relative import's module; empty for the outermost, None where it has none."""
        path = self.place(file, found)[1]
        for place in module_paths(file, found):
            parts = place.split("/")[depth(archive_of(file)) :]
            for names in (parts[1:], parts) if parts[:1] == ["dags"] else (parts,):
                module = ".".join(names)
                same = Import(line=0, module=module or found.name, name=found.name if module else "")
                sound = all(part.isidentifier() and not iskeyword(part) for part in same.longest.split("."))
                if sound and self.place(file, same)[1] == path:
                    return module
        return None

    def is_at_top(self, file: str, found: Import) -> bool:
        """Whether a relative import starts at the top of an archive, which is no package."""
        above = archive_of(file)
        return bool(above) and len(file.split("/")) - found.level == depth(above)

    def _in_same_zip(self, file: str, found: Import) -> bool:
        """Whether an import leads to another file of the archive that a file is in."""
        above = archive_of(file)
        place = "/".join([above, *found.module.split(".")])
        return bool(above and not found.level and self._own.found(place, found))

    def _comes_first(self, found: Import) -> bool:
        """Whether Python takes what is installed, whatever is below dags/."""
        first = found.module.partition(".")[0]
        if found.level or first in TREES or first not in self._installed:
            return False
        if first not in self._environment.namespaces:
            return True
        # A namespace has what is in all of its folders; a package or file of that name goes before them all.
        regular = self._own.has(f"dags/{first}.py", f"dags/{first}/__init__.py")
        return not regular and not self.lacking(found)

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

    def near(self, module: str, declared: Collection[str]) -> str:
        """The hint ": did you mean 'x'?" where the type has a module of nearly that name.

        Args:
            module: a dotted name that leads to nothing.
            declared: the canonical names of its dependencies. What else is installed is rarely meant.
        """
        above = module.split(".")[:-1]
        installed = [each for each in self._environment.distributions if each.name in declared]
        modules = [one.split(".") for each in installed for one in each.modules]
        dotted = [*modules, *self._own.dotted("dags")]
        there = {
            parts[len(above)] for parts in dotted if parts[: len(above)] == above and parts[len(above) :]
        }
        return did_you_mean(module.rpartition(".")[2], there)

    @cached_property
    def outermost(self) -> frozenset[str]:
        """The first names of all that the image's Python can import."""
        return self._installed | self._environment.loose | {"__main__"}

    @cached_property
    def _installed(self) -> frozenset[str]:
        """The first names of the modules that distributions bring, and of the standard library's."""
        every = (module for each in self._environment.distributions for module in each.modules)
        return self._environment.stdlib.union(module.partition(".")[0] for module in every)

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

    def has(self, *files: str) -> bool:
        """Whether one of the files is there."""
        return not self._files.isdisjoint(files)

    def dotted(self, tree: str) -> list[list[str]]:
        """The parts of the names of all modules below a folder of the root."""
        inside = [
            file.removesuffix(".py").split("/")[1:]
            for file in self._files
            if file.startswith(f"{tree}/") and not archive_of(file)
        ]
        return [parts[:-1] if parts[-1] == "__init__" else parts for parts in inside]

    def ending(self, *ends: str) -> str:
        """The first file that ends so, and is in no archive."""
        return min((file for file in self._files if file.endswith(ends) and not archive_of(file)), default="")

    def _module(self, place: str) -> str:
        for path in (f"{place}/__init__.py", f"{place}.py"):
            if path in self._files:
                return path
        return place if place in self._folders else ""


def _above(file: str) -> Iterator[str]:
    while file := file.rpartition("/")[0]:
        yield file
