"""An old repository: which types it has by the names of its files, and what stands against adopting them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..config import catalog
from ..errors import ConfigurationError
from .manifest import document
from .scaffold import in_the_way

NOTES = "ADOPTED.md"
_DOCKERFILE = re.compile(r"Dockerfile\.(?!dockerignore$)(?P<name>.+?)(?<!\.dockerignore)")
_MANIFEST = re.compile(r"pyproject\.(?P<name>.+)\.toml")
_COPY = re.compile(r".*(?:\.(?:bak|orig|old|tmp)|~)")
_LOOKED = "looked for Dockerfile.<type> and pyproject.<type>.toml at the repository's root"
_LARGEST = 1_000_000  # bytes of a file that is searched for mentions of others


@dataclass(frozen=True, kw_only=True)
class OldType:
    """One type: the paths of its files at the root, and their texts; empty where it lacks one."""

    name: str
    dockerfile: str = ""
    recipe: str = ""
    manifest: str = ""
    toml: str = ""


@dataclass(frozen=True, kw_only=True)
class OldRepository:
    """The types to adopt, the paths of all files and links, and the texts of files that aren't binary."""

    types: tuple[OldType, ...]
    files: frozenset[str]
    texts: Mapping[str, str]


def read(root: Path) -> OldRepository:
    """What there is to adopt.

    Args:
        root: the repository's root, as plain files.

    Raises:
        ConfigurationError: with all that stands against it: nothing to adopt, types that exist already, names
            that can't be an image's, files that can't be read.
    """
    found: dict[str, dict[str, str]] = {}
    for path in sorted(root.iterdir()):
        for kind, pattern in (("dockerfile", _DOCKERFILE), ("manifest", _MANIFEST)):
            if path.is_file() and (match := pattern.fullmatch(path.name)):
                found.setdefault(match["name"], {})[kind] = path.name
    for name in catalog.RESERVED:
        found.pop(name, None)
    problems = [problem for name, paths in found.items() for problem in _problems(root, name, paths)]
    if not found:
        problems.append(f"there is nothing to adopt: {_LOOKED}")
    if (root / NOTES).exists():
        problems.append(f"{NOTES}: is there already: it would be overwritten: move it away")
    if problems:
        raise ConfigurationError(list(dict.fromkeys(problems)))
    types = tuple(_old_type(root, name, paths) for name, paths in sorted(found.items()))
    files = {
        path.relative_to(root).as_posix(): path
        for path in root.rglob("*")
        if path.is_file() or path.is_symlink()
    }
    texts = {
        name: text
        for name, path in files.items()
        if not path.is_symlink() and (text := _text(path)) is not None
    }
    return OldRepository(types=types, files=frozenset(files), texts=texts)


def _problems(root: Path, name: str, paths: Mapping[str, str]) -> list[str]:
    copies = [path for path in paths.values() if _COPY.fullmatch(path)]
    if copies:
        told = "is by its name a copy of another file, no DAG type's: rename or remove the file"
        return [f"{path}: {told}" for path in copies]
    wrong = catalog.name_problem(name)
    if wrong:
        return [f"{path}: {name!r} {wrong}: rename the file" for path in paths.values()]
    there = [
        path.relative_to(root).as_posix() for path in (root / "images" / name).rglob("*") if path.is_file()
    ]
    problems = in_the_way(root, [f"images/{name}"])
    if there:
        told = f"there is a DAG type {name!r} already: {', '.join(sorted(there))}: nothing is overwritten"
        problems.append(f"{told}: remove these, or rename {' and '.join(paths.values())}")
    for path in paths.values():
        try:
            text = catalog.text_of(root / path, path)
            if path.endswith(".toml"):
                document(path, text)
        except ConfigurationError as error:
            problems += error.problems
    return problems


def _old_type(root: Path, name: str, paths: Mapping[str, str]) -> OldType:
    dockerfile, manifest = paths.get("dockerfile", ""), paths.get("manifest", "")
    return OldType(
        name=name,
        dockerfile=dockerfile,
        recipe=catalog.text_of(root / dockerfile, dockerfile) if dockerfile else "",
        manifest=manifest,
        toml=catalog.text_of(root / manifest, manifest) if manifest else "",
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size <= _LARGEST else None
    except (OSError, UnicodeDecodeError):
        return None
