"""A DAG type's Python files, with their imports as its image's Python runs them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ...config.dag_type import TREES, DagType
from ...image.environment import Environment
from ..report import Level
from .conditions import Python
from .imported import Imported, name_of
from .imports import Import, imports_of
from .locations import files_loaded, reached
from .resolution import ImportResolver, Origin
from .roles import Roles, roles


@dataclass(frozen=True)
class Code:
    """The files of a type, and of all others.

    ``texts`` has every Python file of dags/ and scripts/, and the type's pyproject.toml, by path from the
    repository's root.
    """

    dag_type: DagType
    types: tuple[DagType, ...]
    texts: Mapping[str, str]
    environment: Environment

    @cached_property
    def own(self) -> list[str]:
        """The paths of the type's own files, sorted."""
        return sorted(path for path in self._python if belongs_to(path, self.dag_type))

    @cached_property
    def others(self) -> set[str]:
        """The paths of all other files."""
        return self._python - set(self.own)

    @cached_property
    def _python(self) -> set[str]:
        return {path for path in self.texts if path.endswith(".py") and path.split("/")[0] in TREES}

    @cached_property
    def owners(self) -> dict[str, list[str]]:
        """The names of the types that have a file, by its path, for files of others."""
        return {path: [other.name for other in self.types if belongs_to(path, other)] for path in self.others}

    @cached_property
    def patched(self) -> bool:
        """Whether the type's code changes the import path."""
        return any("sys.path" in self.texts[path] for path in self.own)

    @cached_property
    def imports(self) -> dict[str, tuple[Import, ...]]:
        """The imports of the type's own files, by path."""
        python = Python.of_markers(self.environment.markers)
        return {path: imports_of(self.texts[path], python) for path in self.own}

    @cached_property
    def resolver(self) -> ImportResolver:
        """Where the imports lead."""
        return ImportResolver(self.own, self.others, self.environment)

    @cached_property
    def roles(self) -> Roles:
        """The roles of the type's files."""
        return roles({path: self.texts[path] for path in self.own}, self.imports, self.resolver)

    def data(self, listed: Collection[str] | None) -> set[str]:
        """Return the files below dags/ that Airflow ignores and no code of the type imports.

        Args:
            listed: the files that Airflow looks at; None where that is unknown.
        """
        if listed is None:
            return set()
        own = set(self.own)
        graph = {
            path: {file for one in imports if not one.unreached for file in files_loaded(path, one)} & own
            for path, imports in self.imports.items()
        }
        start = {path for path in own if path.startswith("scripts/") or _loaded(path, listed)}
        return own - reached(graph, start)

    def names(self) -> list[str]:
        """Return the imports of installed modules that have to work, or whose failure others replace."""
        names: set[str] = set()
        for path in self.own:
            imports = () if path in self.roles.tests else self.imports[path]
            needed = [one for one in imports if is_needed(one) and not one.as_program]
            replaced = [one for imported in needed for group in imported.fallback_for for one in group]
            names |= {name_of(one) for one in (*needed, *replaced) if self._is_installed(path, one)}
        return sorted(names)

    def _is_installed(self, path: str, imported: Import) -> bool:
        first = imported.module.partition(".")[0]
        origin = self.resolver.resolve(path, imported)[0]
        loose = first in self.environment.loose or first == "__main__"
        return not imported.level and not loose and origin is Origin.INSTALLED

    def required(self, file: str, tried: Imported) -> list[Import]:
        """Return the imports of a file that must work: not those in place of others that work."""

        def works(imported: Import) -> bool:
            fails = imported.level and (
                self.roles.alone.get(file) is Level.ERROR or self.resolver.is_at_top(file, imported)
            )
            leads = self.resolver.resolve(file, imported)[0] in {Origin.OWN, Origin.INSTALLED}
            return not fails and leads and not tried.failure(imported)

        return [
            imported
            for imported in self.imports[file]
            if is_needed(imported)
            and not any(all(map(works, group)) for group in imported.fallback_for)
            # Airflow gives a DAG file another name than __main__.
            and not (imported.as_program and file.startswith("dags/") and file not in self.imported_files)
        ]

    @cached_property
    def imported_files(self) -> set[str]:
        """The type's own files that others of them import."""
        return {
            file
            for path, imports in self.imports.items()
            for one in imports
            for file in files_loaded(path, one)
            if file != path
        } & set(self.own)


def is_needed(imported: Import) -> bool:
    """Return whether an import is run, and may not fail."""
    return not imported.optional and not imported.unreached


def belongs_to(file: str, dag_type: DagType) -> bool:
    """Return whether a file is one of a type's."""
    paths = [f"{tree}/{path}" for tree, names in dag_type.paths.items() for path in names]
    return any(file == path or file.startswith(f"{path}/") for path in paths)


def _loaded(path: str, listed: Collection[str]) -> bool:
    """Return whether Airflow looks at a file, or at the archive that it is in."""
    return any(one in listed for one in _and_folders(path))


def _and_folders(path: str) -> Iterator[str]:
    parts = path.split("/")
    yield from ("/".join(parts[:end]) for end in range(1, len(parts) + 1))


def used(code: Code) -> set[str]:
    """Return the modules and names that the type's code imports where it may be run."""
    imports: Iterable[Import] = (one for path in code.own for one in code.imports[path])
    return {one.longest for one in imports if not one.unreached and not one.level}
