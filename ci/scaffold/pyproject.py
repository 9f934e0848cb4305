"""What images/<type>/pyproject.toml takes over from an old pyproject.<type>.toml, and notes on the rest."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ..config.secrets.names import may_hold_secret
from ..errors import ConfigurationError
from .notes import Note, Requirement, parsed

_BOM = "\ufeff"  # Windows' own tools write one at the start
_OUTER = frozenset({"project", "tool", "tool.uv"})  # tables whose keys are judged one by one
_KEPT = frozenset({"project.version", "project.description", "project.requires-python"})
_GROUPS = "an image has no groups or extras: pin what its DAGs need in [project] dependencies"
_OTHER_FORMAT = (
    "its dependencies are not carried over: convert the file to [project] with `uvx migrate-to-uv`, as "
    "docs/adopt.md shows"
)
# What is to do for a key; a table's sentence holds for the keys below it.
_REMEDIES = {
    "project": "means nothing for an image",
    "project.optional-dependencies": _GROUPS,
    "project.dynamic": "[project] must name everything itself: write there what is meant",
    "dependency-groups": _GROUPS,
    "build-system": "nothing is built from an image's pyproject.toml",
    "tool": "tools read the pyproject.toml at the root: move there what is still needed",
    "tool.poetry": _OTHER_FORMAT,
    "tool.pdm": _OTHER_FORMAT,
    "tool.uv": "uv reads [tool.uv] of the new file, too: copy it there if locking needs it",
    "tool.uv.dev-dependencies": _GROUPS,
    "tool.uv.index": "copy it into the new file without its login, and give --netrc (docs/dependencies.md)",
    "tool.uv.sources": "copy sources with an index or the url of a wheel into the new file, and publish the "
    "others to an index",
}


@dataclass(kw_only=True)
class Manifest:
    """What is taken over: values of [project] and [tool.uv] by key, and requirements.

    ``incomplete`` where dependencies of the old file aren't taken over.
    """

    notes: list[Note] = field(default_factory=list[Note])
    project: dict[str, str] = field(default_factory=dict[str, str])
    uv: dict[str, object] = field(default_factory=dict[str, object])
    requirements: list[Requirement] = field(default_factory=list[Requirement])
    incomplete: bool = False


def document(file: str, text: str) -> dict[str, object]:
    """Return the content of a file; raise ConfigurationError with file and line if it is no TOML."""
    try:
        return tomllib.loads(text.removeprefix(_BOM))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        number = line[1] if line else str(text.count("\n") + 1)
        message = f"{file}:{number}: invalid TOML: {error}: correct it, then adopt again"
        raise ConfigurationError([message]) from None


def read(file: str, text: str, dag_type: str, python: str) -> Manifest:
    """Return what becomes of a file: each of its keys has a note, but requirements that are taken over.

    ``python`` is the base's, such as 3.13; empty where its tag names none.
    """
    content = document(file, text)
    reader = _Reader(file, text.removeprefix(_BOM).splitlines(), dag_type, python)
    for key, value in _keys(content):
        reader.judge(key, value)
    reader.manifest.notes.sort(key=lambda note: note.line)
    return reader.manifest


class _Reader:
    """Goes through the keys of a file."""

    def __init__(self, file: str, lines: Sequence[str], dag_type: str, python: str) -> None:
        self.manifest = Manifest()
        self._file, self._lines = file, lines
        self._dag_type, self._python = dag_type, python

    def judge(self, key: str, value: object) -> None:
        """Take a key over, or note what is to do; ``key`` is dotted."""
        name = key.rpartition(".")[2]
        if key == "project.name":
            self._note(key, f"the type and its project are called {self._dag_type}")
        elif key == "project.dependencies" and isinstance(value, list):
            for requirement in cast("list[object]", value):
                self._dependency(key, requirement)
        elif key == "project.requires-python" and not self._fits(str(value)):
            outcome = f"isn't the base's Python, {self._python}, and is left out: try your code on it"
            self._note(key, outcome, todo=True)
        elif key in _KEPT and isinstance(value, str):
            self.manifest.project[name] = value
            self._note(key, f"[project] {name}")
        elif key in {"tool.uv.index", "tool.uv.exclude-newer"} and _is_plain(name, value):
            self.manifest.uv[name] = value
            self._note(key, f"[tool.uv] {name}")
        else:
            self._remedy(key, value)

    def _fits(self, specifiers: str) -> bool:
        try:
            return not self._python or SpecifierSet(specifiers).contains(f"{self._python}.0")
        except InvalidSpecifier:
            return False

    def _dependency(self, key: str, value: object) -> None:
        text = str(value)
        quoted = (n for n, line in enumerate(self._lines, 1) if f'"{text}"' in line or f"'{text}'" in line)
        line = next(quoted, 0) or line_of(key, self._lines)
        requirement = parsed(text) if isinstance(value, str) else None
        if requirement is not None and not requirement.url:  # the draft notes what becomes of it
            self.manifest.requirements.append(Requirement(text=text, file=self._file, line=line))
            return
        outcome = "isn't a package of an index: publish it to one and pin it in [project] dependencies"
        self.manifest.notes.append(Note(file=self._file, line=line, text=text, outcome=outcome, todo=True))
        self.manifest.incomplete = True

    def _remedy(self, key: str, value: object) -> None:
        dynamic = key == "project.dynamic" and "dependencies" in str(value)
        if dynamic or key in {"project.dependencies", "tool.poetry", "tool.pdm"}:
            self.manifest.incomplete = True
        table = key
        while table not in _REMEDIES and "." in table:
            table = table.rpartition(".")[0]
        self._note(key, _REMEDIES.get(table, "has no place in an image's pyproject.toml"), todo=True)

    def _note(self, key: str, outcome: str, *, todo: bool = False) -> None:
        line = line_of(key, self._lines)
        self.manifest.notes.append(Note(file=self._file, line=line, text=key, outcome=outcome, todo=todo))


def line_of(key: str, lines: Sequence[str]) -> int:
    """Return the line of a dotted key, or of the first table below it; 0 where there is neither."""
    table = ""
    for number, line in enumerate(lines, start=1):
        header = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]", line)
        assignment = re.match(r"\s*([A-Za-z0-9_.\"'-]+)\s*=", line)
        table = f"{header[1]}." if header else table
        if header or assignment:
            written = re.sub("[\"' ]", "", table + (assignment[1] if assignment else ""))
            if f"{written.rstrip('.')}.".startswith(f"{key}."):
                return number
    return 0


def _keys(content: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Return the keys to judge, dotted, with their values; most tables as a whole."""
    for name, value in content.items():
        key = f"{prefix}{name}"
        if key in _OUTER and isinstance(value, dict):
            yield from _keys(cast("dict[str, object]", value), f"{key}.")
        else:
            yield key, value


def _is_plain(name: str, value: object) -> bool:
    """Return whether a setting of uv has its right shape, and no login in it."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    is_list = bool(items) and all(isinstance(item, dict) for item in items)
    return (is_list or name != "index") and not may_hold_secret(repr(cast("object", value)))
