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
        targets = (self._own.target(path, imported) for path in module_paths(file, imported))
        top = f"dags/{imported.module.partition('.')[0]}/__init__.py"
        return next((target for target in targets if target.endswith(".py") and target != top), "")

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

    def near(self, module: str, declared: Collection[str]) -> str:
        """Return the hint ": did you mean 'x'?" if the type has a module of nearly that name.

        ``declared`` are its dependencies: other packages that are installed are rarely meant.
        """
        parent = module.split(".")[:-1]
        packages = [package for package in self._environment.distributions if package.name in declared]
        modules = [name.split(".") for package in packages for name in package.modules]
        end = len(parent)
        inside = {
            tuple(parts[end : end + 1]) for parts in (*modules, *self._own.dotted()) if parts[:end] == parent
        }
        return did_you_mean(module.rpartition(".")[2], {parts[0] for parts in inside if parts})

    def beside(self, module: str) -> str:
        """Return a file of the type's own whose path ends like a module's name; empty for none."""
        end = module.replace(".", "/")
        return self._own.ending(f"/{end}.py", f"/{end}/__init__.py")

    @cached_property
    def outermost(self) -> frozenset[str]:
        """The first names of all that the image's Python can import."""
        return self._installed | self._environment.loose | {"__main__"}

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
        if imported.level or first in TREES or first not in self._installed:
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
