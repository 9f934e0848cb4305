"""All DAG types of a repository: images/<type>/pyproject.toml with its files in dags/ and scripts/."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from .. import text
from ..errors import ConfigurationError, did_you_mean, refuse
from . import dag_type as config_dag_type
from . import stand_ins, symlinks
from .dag_type import TOOL, DagType
from .secrets import files as secret_files

_LONGEST = 100  # characters of a name: it is in paths and in the image's reference, whose length has limits
# The name becomes a component of the image's reference, where nothing else is legal.
NAME = re.compile(rf"(?=.{{1,{_LONGEST}}}\Z)[a-z0-9]+([._-][a-z0-9]+)*")
RESERVED = frozenset({"base"})  # images/base is the base image's own folder, no DAG type
_NONE = (
    "the source has no images/<type>/pyproject.toml, so no DAG type: "
    "write one, or, if the project is in another folder, pass that as --source"
)
_CODE = frozenset({".py", ".zip"})  # the files that Airflow looks for DAGs in


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """The DAG types with a valid pyproject.toml, and the problems of each of the others, by name.

    Links and contents of the files that get into an image are checked for the types that are asked for.
    """

    root: Path
    types: dict[str, DagType]
    problems: dict[str, tuple[str, ...]]

    @property
    def names(self) -> list[str]:
        """The names of all DAG types, sorted."""
        return sorted({*self.types, *self.problems})

    def all(self) -> list[DagType]:
        """Return every DAG type, sorted by name; raise ConfigurationError with all problems, or for none."""
        return self._all(self.problems_of)

    def declared(self) -> list[DagType]:
        """Return every DAG type by its pyproject.toml, without a look at its files; raise as ``all``."""
        return self._all(lambda name: self.problems.get(name, ()))

    def chosen(self, name: str) -> list[DagType]:
        """Return the DAG type of that name, or every one if it is empty; raise as ``get`` and ``all``."""
        return [self.get(name)] if name else self.all()

    def divided(self, name: str) -> tuple[list[DagType], dict[str, tuple[str, ...]]]:
        """Return the types of ``chosen`` that have no problem, and the problems of the others by name.

        Raise ConfigurationError if there is no type, or none of that name.
        """
        names = [name] if name else self.names
        problems = {one: listed for one in names if one in self.names and (listed := self.problems_of(one))}
        types = [self.get(one) for one in names if one not in problems]
        return (types, problems) if names else (self.all(), problems)

    def get(self, name: str) -> DagType:
        """Return the DAG type of a name; raise ConfigurationError if there is none, or with its problems."""
        if name not in self.names:
            hint = did_you_mean(name, self.names) or ":"
            choices = f"DAG types: {', '.join(self.names)}" if self.names else "images/ has none"
            raise ConfigurationError([f"unknown DAG type {name!r}{hint} {choices}"])
        refuse(self.problems_of(name))
        return self.types[name]

    def problems_of(self, name: str) -> tuple[str, ...]:
        """Return the problems of a DAG type: of its pyproject.toml, or else of the files in its image."""
        if name in self.problems:
            return self.problems[name]
        dag_type = self.types[name]
        checks = (stand_ins.problems, symlinks.problems, secret_files.problems)
        return tuple(problem for check in checks for problem in check(self.root, dag_type))

    def _all(self, problems_of: Callable[[str], Sequence[str]]) -> list[DagType]:
        refuse([problem for name in self.names for problem in problems_of(name)])
        if not self.types:
            raise ConfigurationError([_NONE])
        return [self.types[name] for name in sorted(self.types)]


def load(root: Path) -> Catalog:
    """Return the catalog of the repository at ``root``, which has images/, dags/ and scripts/."""
    types: dict[str, DagType] = {}
    problems: dict[str, list[str]] = {}
    images = root / "images"
    for folder in sorted(images.iterdir()) if images.is_dir() else ():
        if not folder.is_dir() or folder.name.startswith(".") or folder.name in RESERVED:
            continue
        try:
            types[folder.name] = _load_type(root, folder)
        except ConfigurationError as error:
            problems[folder.name] = list(error.problems)
    for name, problem in claimed_twice(types):
        problems.setdefault(name, []).append(problem)
    return Catalog(
        root=root,
        types={name: dag_type for name, dag_type in types.items() if name not in problems},
        problems={name: tuple(sentences) for name, sentences in problems.items()},
    )


def name_problem(name: str) -> str:
    """Return why a name can't be a DAG type's; empty if it can."""
    if NAME.fullmatch(name):
        return ""
    if len(name) > _LONGEST:
        return f"has {len(name)} characters; the limit for a DAG type's name is {_LONGEST}"
    return "can't be part of an image's name: use a-z, 0-9 and single - _ . between"


def text_of(file: Path, shown: str) -> str:
    """Return the text of a file that people write, ``shown`` so; raise ConfigurationError if not UTF-8."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        problem = f"{shown}: not UTF-8: {error.reason} at byte {error.start}: save it as UTF-8"
        raise ConfigurationError([problem]) from None


def claimed_twice(types: dict[str, DagType]) -> list[tuple[str, str]]:
    """Return the names of types that claim a name which another one claims too, each with its problem."""
    claims: dict[str, set[str]] = {}
    for name, dag_type in types.items():
        # A folder claims its own name, and its [project] name.
        for claimed in {canonicalize_name(name), canonicalize_name(dag_type.project.name)}:
            claims.setdefault(claimed, set()).add(name)
    problems: list[tuple[str, str]] = []
    for claimed, names in sorted(claims.items()):
        if len(names) > 1:
            files = " and ".join(types[name].file for name in sorted(names))
            remedy = "give each [project] name its own, such as its folder's"
            problems += [
                (name, f"{files} both claim the name {claimed!r}: {remedy}") for name in sorted(names)
            ]
    return problems


def _load_type(root: Path, folder: Path) -> DagType:
    file = folder / "pyproject.toml"
    shown = file.relative_to(root).as_posix()
    if problem := name_problem(folder.name):
        raise ConfigurationError([f"images/{folder.name}: {problem}"])
    if not file.is_file():
        raise ConfigurationError([f"{shown}: not found: write it, or remove the folder images/{folder.name}"])
    dag_type = config_dag_type.parse(folder.name, shown, text_of(file, shown))
    if problems := [*_missing(root, dag_type), *_without_code(root, dag_type)]:
        refuse(stand_ins.absent_submodules(root, dag_type) or problems)
    return dag_type


def _missing(root: Path, dag_type: DagType) -> list[str]:
    problems: list[str] = []
    for tree, paths in dag_type.paths.items():
        for path in paths:
            if (root / tree / path).exists():
                continue
            names = [name.relative_to(root / tree).as_posix() for name in (root / tree).rglob("*")]
            hint = did_you_mean(path, [name for name in names if "__pycache__" not in name])
            declared = getattr(dag_type.settings, tree)
            key = f"[tool.{TOOL}] {tree}: {path!r}" if declared else f"the default of {tree}, {path!r},"
            remedy = hint or f": create {tree}/{path}, or name an existing one"
            problems.append(f"{dag_type.file}: {key} is not in {tree}/{remedy}")
    return problems


def _without_code(root: Path, dag_type: DagType) -> list[str]:
    problems: list[str] = []
    for path in dag_type.dag_paths:
        location = root / "dags" / path
        if location.is_dir() and not any(file.suffix in _CODE for file in location.rglob("*")):
            problems.append(f"{dag_type.file}: dags/{path} has no Python file: put a DAG there")
        if location.is_file() and location.suffix not in _CODE:
            problems.append(f"{dag_type.file}: dags/{path} is not a Python file: name DAG files or folders")
    return problems


@dataclass(frozen=True, kw_only=True)
class Row:
    """One DAG type: its base's reference, its pins, and its DAG files relative to dags/."""

    dag: str
    base: str
    dependencies: tuple[str, ...]
    files: tuple[str, ...]


def rows(types: Sequence[DagType], base: str, root: Path) -> list[Row]:
    """Return a row per DAG type, in the order given; ``root`` has dags/."""
    return [
        Row(
            dag=dag_type.name,
            base=base,
            dependencies=dag_type.project.dependencies,
            files=tuple(file for path in dag_type.dag_paths for file in _files(root / "dags", path)),
        )
        for dag_type in types
    ]


def table(rows: Sequence[Row]) -> str:
    """Return the rows for a terminal, a line per dependency or file."""
    lines: list[tuple[str, str]] = []
    for row in rows:
        details = [f"base {row.base}", *(f"needs {pin}" for pin in row.dependencies)]
        details += [f"dags/{file}" for file in row.files]
        lines += [("" if index else row.dag, detail) for index, detail in enumerate(details)]
    return text.table(lines)


def as_json(rows: Sequence[Row]) -> str:
    """Return the rows as a JSON array of objects."""
    return json.dumps([asdict(row) for row in rows], indent=2)


def _files(dags: Path, path: str) -> list[str]:
    location = dags / path
    files = [location] if location.is_file() else sorted(location.rglob("*.py"))
    return [file.relative_to(dags).as_posix() for file in files]
