"""An old repository: its DAG types by the names of its files, and what forbids their adoption."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..config import catalog
from ..errors import ConfigurationError, refuse
from .create import blocked_folders
from .dockerfile.stages import without_airflow
from .notes import Note
from .pyproject import document

NOTES = "ADOPTED.md"
_DOCKERFILE = re.compile(r"Dockerfile\.(?!dockerignore$)(?P<name>.+?)(?<!\.dockerignore)")
_MANIFEST = re.compile(r"pyproject\.(?P<name>.+)\.toml")
_BACKUP = re.compile(r".*(?:\.(?:bak|orig|old|tmp)|~)")
_LARGEST = 1_000_000  # bytes of a file that is searched for mentions of others
_WORKFLOWS = ".github/workflows/"
# Of this project itself: these mention such files and have none.
_OF_MODULE = ("changelog/", "ci/", "docs/adopt.md", "tests/engine/", "tests/unit/")


@dataclass(frozen=True, kw_only=True)
class OldType:
    """One type: the paths of its files at the root, and their texts; empty where it lacks one."""

    name: str
    dockerfile: str = ""
    dockerfile_text: str = ""
    manifest: str = ""
    manifest_text: str = ""


@dataclass(frozen=True, kw_only=True)
class OldRepository:
    """The types to adopt, the paths of all files and links, and the texts of files that aren't binary.

    ``others`` are Dockerfiles of images without Airflow, each with what its image is built on.
    """

    types: tuple[OldType, ...]
    files: frozenset[str]
    texts: Mapping[str, str]
    others: Mapping[str, str] = field(default_factory=dict[str, str])


def read(root: Path) -> OldRepository:
    """Return what a repository has to adopt; raise ConfigurationError with everything that forbids it."""
    by_type: dict[str, dict[str, str]] = {}
    for path in sorted(root.iterdir()):
        for kind, pattern in (("dockerfile", _DOCKERFILE), ("manifest", _MANIFEST)):
            if path.is_file() and (match := pattern.fullmatch(path.name)):
                by_type.setdefault(match["name"], {})[kind] = path.name
    for name in catalog.RESERVED:
        by_type.pop(name, None)
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
    others = _others(by_type, texts)
    by_type = {name: paths for name, paths in by_type.items() if paths.get("dockerfile") not in others}
    problems = [problem for name, paths in by_type.items() for problem in _problems(root, name, paths)]
    if not by_type:
        expected = "expected Dockerfile.<type> or pyproject.<type>.toml at the repository's root"
        without = "".join(f"; {path} has no Airflow ({base})" for path, base in others.items())
        problems.append(f"nothing to adopt: {expected}{without}")
    if (root / NOTES).exists():
        problems.append(f"{NOTES}: exists already and would be overwritten: move it away")
    refuse(list(dict.fromkeys(problems)))
    types: list[OldType] = []
    for name, paths in sorted(by_type.items()):
        contents = {f"{kind}_text": catalog.text_of(root / path, path) for kind, path in paths.items()}
        types.append(OldType(name=name, **paths, **contents))
    return OldRepository(types=tuple(types), files=frozenset(files), texts=texts, others=others)


def left_alone(old: OldRepository) -> Iterator[Note]:
    """Return notes on the Dockerfiles whose images have no Airflow."""
    for path, base in old.others.items():
        yield Note(file=path, outcome=f"is left alone, as its image has no Airflow ({base})")


def mentions(old: OldRepository) -> Iterator[Note]:
    """Return notes on lines of other files that name old files, and on workflows that name the types."""
    names = "|".join(re.escape(one.name) for one in old.types)
    file = re.compile(rf"Dockerfile\.(?:(?:{names})\b|[$<{{])|pyproject\.(?:{names}|[$<{{][^\s\"']*)\.toml")
    listed = re.compile(rf"^\s*(?:-\s*)?(?:[\w-]+:\s*)?\[?.*?[\s\"'\[,](?:{names})[\"'\],]?(?:$|[\s,\]].*)")
    own = {path for one in old.types for path in (one.dockerfile, one.manifest)}
    for path, text in sorted(old.texts.items()):
        if path in own or path.startswith(_OF_MODULE):
            continue
        is_workflow = path.startswith(_WORKFLOWS)
        outcome = "names a file that is gone: call dagger instead"
        if is_workflow:
            outcome = "this project has a workflow for all types (docs/github-actions.md): remove this one"
        for number, line in enumerate(text.splitlines(), start=1):
            if file.search(line) or (is_workflow and listed.match(line)):
                yield Note(file=path, line=number, text=line.strip(), outcome=outcome, todo=True)
    if "Dockerfile.base" in old.files:
        yield Note(file="Dockerfile.base", outcome="isn't read any more: remove it", todo=True)


def _others(by_type: Mapping[str, Mapping[str, str]], texts: Mapping[str, str]) -> dict[str, str]:
    """Return the Dockerfiles whose images have no Airflow, each with what its image is built on."""
    paths = [path for files in by_type.values() if (path := files.get("dockerfile", "")) in texts]
    bases = {path: without_airflow(path, texts) for path in paths if not _BACKUP.fullmatch(path)}
    return {path: base for path, base in bases.items() if base}


def _problems(root: Path, name: str, paths: Mapping[str, str]) -> list[str]:
    backups = [path for path in paths.values() if _BACKUP.fullmatch(path)]
    if backups:
        reason = "its name is that of a backup, not of a DAG type: rename or remove the file"
        return [f"{path}: {reason}" for path in backups]
    wrong = catalog.name_problem(name)
    if wrong:
        return [f"{path}: {name!r} {wrong}: rename the file" for path in paths.values()]
    existing = sorted(
        path.relative_to(root).as_posix() for path in (root / "images" / name).rglob("*") if path.is_file()
    )
    problems = blocked_folders(root, [f"images/{name}"])
    if existing:
        message = f"the DAG type {name!r} exists already: {', '.join(existing)}: nothing is overwritten"
        problems.append(f"{message}: remove these, or rename {' and '.join(paths.values())}")
    for path in paths.values():
        try:
            text = catalog.text_of(root / path, path)
            if path.endswith(".toml"):
                document(path, text)
        except ConfigurationError as error:
            problems += error.problems
    return problems


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size <= _LARGEST else None
    except (OSError, UnicodeDecodeError):
        return None
