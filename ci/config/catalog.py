"""All DAG types of a repository: images/<type>/pyproject.toml beside dags/ and scripts/, in one folder."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from ..errors import ConfigurationError, did_you_mean
from . import dag_type as config_dag_type
from . import symlinks
from .dag_type import DagType
from .secrets import files as secrets_files

_LONGEST = 100  # characters of a name: it is in paths and in the image's reference, whose length has limits
# The name becomes a component of the image's reference, where nothing else is legal.
NAME = re.compile(rf"(?=.{{1,{_LONGEST}}}\Z)[a-z0-9]+([._-][a-z0-9]+)*")
RESERVED = frozenset({"base"})  # images/base is the base image's own folder, no DAG type
_CODE = frozenset({".py", ".zip"})  # what Airflow looks into for DAGs


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """The DAG types that can be used, and for each of the others what is wrong with it."""

    types: dict[str, DagType]
    problems: dict[str, tuple[str, ...]]

    def all(self) -> list[DagType]:
        """Every DAG type, sorted by name.

        Raises:
            ConfigurationError: one of them is wrong, or there is none.
        """
        found = [problem for name in sorted(self.problems) for problem in self.problems[name]]
        if found:
            raise ConfigurationError(found)
        if not self.types:
            raise ConfigurationError(["images/ holds no DAG type: write images/<type>/pyproject.toml"])
        return [self.types[name] for name in sorted(self.types)]

    def chosen(self, name: str) -> list[DagType]:
        """The DAG type of that name alone, or every one where the name is empty; raises as they do."""
        return [self.get(name)] if name else self.all()

    def get(self, name: str) -> DagType:
        """The DAG type of that name; a mistake in another type doesn't matter.

        Raises:
            ConfigurationError: it is wrong, or there is none of that name.
        """
        if name in self.problems:
            raise ConfigurationError(self.problems[name])
        if name not in self.types:
            names = sorted({*self.types, *self.problems})
            hint = did_you_mean(name, names) or ":"
            there = f"There are: {', '.join(names)}" if names else "images/ holds none"
            raise ConfigurationError([f"no DAG type {name!r}{hint} {there}"])
        return self.types[name]


def load(root: Path) -> Catalog:
    """The catalog of the repository at ``root``, which holds images/, dags/ and scripts/."""
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
    sound = {name: found for name, found in types.items() if name not in problems}
    return Catalog(types=sound, problems={name: tuple(found) for name, found in problems.items()})


def name_problem(name: str) -> str:
    """What is wrong with the name of a DAG type; empty where nothing is."""
    if NAME.fullmatch(name):
        return ""
    if len(name) > _LONGEST:
        return f"has {len(name)} characters, where a DAG type's name may have {_LONGEST}"
    return "is no name for an image: use a-z, 0-9 and single - _ . between"


def text_of(file: Path, shown: str) -> str:
    """The text of a file that people write.

    Raises:
        ConfigurationError: it isn't UTF-8, as PowerShell writes files; ``shown`` is its path in the message.
    """
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        told = f"{shown}: is not UTF-8: {error.reason} at byte {error.start}: save it as UTF-8"
        raise ConfigurationError([told]) from None


def _load_type(root: Path, folder: Path) -> DagType:
    file = folder / "pyproject.toml"
    shown = str(file.relative_to(root))
    problem = name_problem(folder.name)
    if problem:
        raise ConfigurationError([f"images/{folder.name}: {problem}"])
    if not file.is_file():
        raise ConfigurationError(
            [f"{shown}: is missing: write it, or remove the folder images/{folder.name}"]
        )
    found = config_dag_type.parse(folder.name, shown, text_of(file, shown))
    problems = [
        *_missing(root, found, "dags", found.dag_paths),
        *_missing(root, found, "scripts", found.script_paths),
        *symlinks.problems(root, found),
        *_without_code(root, found),
        *secrets_files.problems(root, found),
    ]
    if problems:
        raise ConfigurationError(problems)
    return found


def _missing(root: Path, dag_type: DagType, tree: str, paths: tuple[str, ...]) -> list[str]:
    problems: list[str] = []
    there = [
        str(p.relative_to(root / tree)) for p in (root / tree).rglob("*") if "__pycache__" not in p.parts
    ]
    for path in paths:
        if (root / tree / path).exists():
            continue
        declared = getattr(dag_type.settings, tree)
        where = (
            f"[tool.{config_dag_type.TOOL}] {tree}: {path!r}"
            if declared
            else f"the default of {tree}, {path!r},"
        )
        hint = did_you_mean(path, there) or f": create {tree}/{path}, or name what is there"
        problems.append(f"{dag_type.file}: {where} is not in {tree}/{hint}")
    return problems


def _without_code(root: Path, dag_type: DagType) -> list[str]:
    problems: list[str] = []
    for path in dag_type.dag_paths:
        place = root / "dags" / path
        if place.is_dir() and not any(each.suffix in _CODE for each in place.rglob("*")):
            problems.append(f"{dag_type.file}: dags/{path} holds no Python file: put a DAG there")
        if place.is_file() and place.suffix not in _CODE:
            problems.append(f"{dag_type.file}: dags/{path} is no Python file: name DAG files or folders")
    return problems


def claimed_twice(types: dict[str, DagType]) -> list[tuple[str, str]]:
    """The names of types that claim a name which another one claims too, each with what is told of it."""
    claims: dict[str, set[str]] = {}
    for name, found in types.items():
        # A folder claims its own name, and whatever its [project] calls itself.
        for claimed in {canonicalize_name(name), canonicalize_name(found.project.name)}:
            claims.setdefault(claimed, set()).add(name)
    problems: list[tuple[str, str]] = []
    for claimed, names in sorted(claims.items()):
        if len(names) > 1:
            files = " and ".join(types[name].file for name in sorted(names))
            told = (
                f"{files} both claim the name {claimed!r}: give each [project] name its own, as its folder's"
            )
            problems += [(name, told) for name in sorted(names)]
    return problems


@dataclass(frozen=True, kw_only=True)
class Row:
    """One DAG type: its base's reference, its pins, and its DAG files relative to dags/."""

    dag: str
    base: str
    dependencies: tuple[str, ...]
    files: tuple[str, ...]


def rows(types: Sequence[DagType], base: str, root: Path) -> list[Row]:
    """A row per DAG type, in the order given; ``root`` holds dags/."""
    return [
        Row(
            dag=each.name,
            base=base,
            dependencies=each.project.dependencies,
            files=tuple(file for path in each.dag_paths for file in _files(root / "dags", path)),
        )
        for each in types
    ]


def table(found: Sequence[Row]) -> str:
    """The rows for a terminal, a line per dependency or file."""
    width = max((len(row.dag) for row in found), default=0)
    lines: list[str] = []
    for row in found:
        details = [
            f"base {row.base}",
            *(f"needs {pin}" for pin in row.dependencies),
            *(f"dags/{f}" for f in row.files),
        ]
        lines += [f"{row.dag if not index else '':<{width}}  {text}" for index, text in enumerate(details)]
    return "\n".join(lines)


def as_json(found: Sequence[Row]) -> str:
    """The rows as a JSON array of objects."""
    return json.dumps([asdict(row) for row in found], indent=2)


def _files(dags: Path, path: str) -> list[str]:
    place = dags / path
    found = [place] if place.is_file() else sorted(place.rglob("*.py"))
    return [file.relative_to(dags).as_posix() for file in found]
