"""Where an image has an imported name: in the type's own files, its Python, or nowhere."""

from collections.abc import Collection
from enum import StrEnum
from functools import cached_property
from keyword import iskeyword
from pathlib import PurePosixPath

from ...config.dag_type import TREES
from ...errors import did_you_mean
from ...image.environment import Environment
from .imports import Import
from .locations import archive_of, depth, module_paths

_MAX_OWNERS = 3  # that a message names


class Origin(StrEnum):
    """The kind of module that an import leads to."""

    OWN = "own"
    INSTALLED = "installed"
    FOREIGN = "foreign"
    MISSING = "missing"


class ImportResolver:
    """Finds imported modules as Python would in the image of one DAG type, with its own files and others."""

    def __init__(self, own: Collection[str], others: Collection[str], environment: Environment) -> None:
        self._own = _Tree(own)
        self._others = _Tree(others)
        self._environment = environment

    def resolve(self, file: str, imported: Import) -> tuple[Origin, str]:
        """Return what an import of a file leads to, and the file or folder of the repository if it is one."""
        paths = list(module_paths(file, imported))
        if not self._is_installed_first(imported) or self._is_in_same_archive(file, imported):
            for path in paths:
                if target := self._own.target(path, imported):
                    return Origin.OWN, target
        if not imported.level and not self.lacking(imported):
            return Origin.INSTALLED, ""
        for path in paths:
            if target := self._others.target(path, imported):
                return Origin.FOREIGN, target
        return Origin.MISSING, ""

    def hidden(self, file: str, imported: Import) -> str:
        """Return the type's own file that an import may mean, though an installed module comes first.

        Empty where there is none, or where it is a folder: in dags/dbt/, `import dbt` means the package.
        """
        if not self._is_installed_first(imported) or self._is_in_same_archive(file, imported):
            return ""
        first = imported.module.partition(".")[0]
        targets = (self._own.target(path, imported) for path in module_paths(file, imported))
        top = f"dags/{first}/__init__.py"
        meant = (one for one in targets if one != top and (one.endswith(".py") or (one and first in TREES)))
        return next(meant, "")

    def is_hidden_tree(self, tree: str) -> bool:
        """Return whether a distribution's regular package hides scripts/ or dags/, a namespace's portion."""
        return tree in self._environment.owners and f"{tree}/__init__.py" not in self._own.files

    def hiding(self) -> list[tuple[str, str]]:
        """Return the type's own packages and modules that hide an installed namespace, with its name."""
        tops = {name for name in self._environment.namespaces if "." not in name} & self._installed
        tops -= self._environment.stdlib | set(TREES)
        paths = {f"dags/{name}{end}": name for name in tops for end in (".py", "/__init__.py")}
        return sorted((path, name) for path, name in paths.items() if path in self._own.files)

    def owner(self, first: str) -> str:
        """Return what installs modules of a first name: distributions with versions, or Python."""
        if first in self._environment.stdlib:
            return "Python"
        names = self._environment.owners.get(first) or [
            package.name
            for package in self._environment.distributions
            if any(module.partition(".")[0] == first for module in package.modules)
        ]
        shown = [f"{name} {self._environment.versions[name]}" for name in names[:_MAX_OWNERS]]
        more = f" and {len(names) - _MAX_OWNERS} more" if len(names) > _MAX_OWNERS else ""
        return f"{', '.join(shown)}{more}" or "the image"

    @property
    def airflow(self) -> str:
        """Airflow with its version."""
        versions = self._environment.versions
        version = versions.get("apache-airflow-core") or versions.get("apache-airflow")
        return f"Airflow {version}" if version else "this Airflow"

    def absolute(self, file: str, imported: Import) -> str | None:
        """Return the full name of a relative import's module; empty for the root, None for no valid name."""
        target = self.resolve(file, imported)[1]
        for path in module_paths(file, imported):
            parts = path.split("/")[depth(archive_of(file)) :]
            for names in (parts[1:], parts) if parts[:1] == ["dags"] else (parts,):
                module = ".".join(names)
                same = Import(line=0, module=module or imported.name, name=imported.name if module else "")
                valid = all(part.isidentifier() and not iskeyword(part) for part in same.longest.split("."))
                if valid and self.resolve(file, same)[1] == target:
                    return module
        return None

    def is_at_top(self, file: str, imported: Import) -> bool:
        """Return whether a relative import starts at the top of an archive, which is no package."""
        archive = archive_of(file)
        return bool(archive) and len(file.split("/")) - imported.level == depth(archive)

    def lacking(self, imported: Import) -> str:
        """Return the shortest dotted name of an import that the image's Python lacks; empty for none.

        In a namespace, a folder without an __init__.py, the next name must exist; names in a regular package
        may be made while it runs.
        """
        parts = imported.longest.split(".")
        if parts[0] in TREES:
            return imported.module
        if parts[0] not in self.outermost:
            return parts[0]
        for end in range(1, len(parts)):
            names = self._environment.namespaces.get(".".join(parts[:end]))
            if names is not None and parts[end] not in names:
                return ".".join(parts[: end + 1])
        return ""

    def near(self, imported: Import, module: str, declared: Collection[str]) -> str:
        """Return the hint ": did you mean 'x'?" if the type has a module of nearly that name.

        Args:
            imported: the import.
            module: the name that is lacking, the import's or a package's around it.
            declared: the type's dependencies; other packages that are installed are rarely meant.
        """
        parent = module.split(".")[:-1]
        rest = imported.longest.split(".")[len(parent) + 1 :]
        packages = [package for package in self._environment.distributions if package.name in declared]
        modules = [name.split(".") for package in packages for name in package.modules]
        # An own folder is meant only where it has the rest of the name.
        own = [
            parts for parts in self._own.dotted() if not rest or parts[len(parent) + 1 :][: len(rest)] == rest
        ]
        end = len(parent)
        inside = {tuple(parts[end : end + 1]) for parts in (*modules, *own) if parts[:end] == parent}
        return did_you_mean(module.rpartition(".")[2], {parts[0] for parts in inside if parts})

    def beside(self, imported: Import) -> str:
        """Return a file of the type's own whose path ends like an import's name; empty for none."""
        for name in dict.fromkeys((imported.longest, imported.module)):
            end = name.replace(".", "/")
            if path := self._own.ending(f"/{end}.py", f"/{end}/__init__.py"):
                return path
        return ""

    @cached_property
    def outermost(self) -> frozenset[str]:
        """The first names of all that the image's Python can import."""
        return self._installed | self._environment.loose | self._environment.owners.keys() | {"__main__"}

    @cached_property
    def _installed(self) -> frozenset[str]:
        """The first names of the modules of distributions and of the standard library."""
        modules = (module for package in self._environment.distributions for module in package.modules)
        return self._environment.stdlib.union(module.partition(".")[0] for module in modules)

    def _is_in_same_archive(self, file: str, imported: Import) -> bool:
        """Return whether an import leads to another file of the archive that a file is in."""
        archive = archive_of(file)
        path = "/".join([archive, *imported.module.split(".")])
        return bool(archive and not imported.level and self._own.target(path, imported))

    def _is_installed_first(self, imported: Import) -> bool:
        """Return whether Python takes an installed module, whatever is below dags/."""
        first = imported.module.partition(".")[0]
        if imported.level:
            return False
        if first in TREES:
            return self.is_hidden_tree(first)
        if first in self._environment.owners:
            return True
        if first not in self._installed:
            return False
        if first not in self._environment.namespaces:
            return True
        # A namespace joins all of its folders; a package or file of that name comes before them.
        regular = {f"dags/{first}.py", f"dags/{first}/__init__.py"}
        return regular.isdisjoint(self._own.files) and not self.lacking(imported)


class _Tree:
    """Some files of the repository with their folders."""

    def __init__(self, files: Collection[str]) -> None:
        self.files = frozenset(files)
        self._folders = {str(folder) for file in files for folder in PurePosixPath(file).parents} - {"."}

    def target(self, path: str, imported: Import) -> str:
        """Return the file or folder that an import of the module at a path leads to; empty for none."""
        has_name = imported.name not in {"", "*"}
        if has_name and (inner := self._module(f"{path}/{imported.name}".lstrip("/"))):
            return inner
        module = self._module(path) if path else ""
        # A folder without an __init__.py has no names of its own.
        return "" if has_name and module in self._folders else module

    def dotted(self) -> list[list[str]]:
        """Return the parts of the names of all modules below dags/."""
        files = [file for file in self.files if file.startswith("dags/") and not archive_of(file)]
        modules = [file.removesuffix(".py").split("/")[1:] for file in files]
        return [parts[:-1] if parts[-1] == "__init__" else parts for parts in modules]

    def ending(self, *ends: str) -> str:
        """Return the first file with one of these ends that is in no archive; empty for none."""
        return min((file for file in self.files if file.endswith(ends) and not archive_of(file)), default="")

    def _module(self, path: str) -> str:
        for file in (f"{path}/__init__.py", f"{path}.py"):
            if file in self.files:
                return file
        return path if path in self._folders else ""
