"""pyproject.<type>.toml of an old repository: what images/<type>/pyproject.toml takes of it, and the rest."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ..dependencies.credentials import redacted
from ..errors import ConfigurationError
from .installs import requirement
from .told import Told, Wish, shown

_KEPT = ("version", "description")  # of [project], as they are
_REMEDIES = {
    "project.optional-dependencies": "an image has no extras: pin those it needs in [project] dependencies",
    "dependency-groups": "an image has no groups: keep them in the pyproject.toml of your own tools",
    "tool.uv.sources": "packages come from an index: publish to one those with a path, url or git, and pin "
    "them; copy those with an index into [tool.uv.sources] of the new file",
    "tool.uv.dev-dependencies": "an image has no groups: keep them in the pyproject.toml of your own tools",
    "tool.uv": "check whether locking still needs it: uv reads [tool.uv] of the new file too",
    "tool": "tools read the pyproject.toml at the root: move what is still needed there",
    "build-system": "nothing is built of an image's pyproject.toml",
    "project": "means nothing for an image",
}


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What there is to carry over; ``project`` and ``uv`` are keys of [project] and [tool.uv] with values.

    ``lines`` are those of every key that says something.
    """

    told: tuple[Told, ...]
    project: dict[str, str]
    uv: dict[str, object]
    wishes: tuple[Wish, ...]


def document(file: str, text: str) -> dict[str, object]:
    """What a file says.

    Raises:
        ConfigurationError: it is no TOML; the message has file and line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = found[1] if found else str(text.count("\n") + 1)
        told = f"{file}:{line}: is no TOML: {error}: correct it, then adopt again"
        raise ConfigurationError([told]) from None


def manifest(file: str, text: str, dag_type: str, python: str) -> Manifest:
    """Judge every key of a file.

    Args:
        file: its path, as it is told.
        text: its content.
        dag_type: the type's name.
        python: the base's Python, such as 3.13; empty where its tag says none.

    Raises:
        ConfigurationError: it is no TOML.
    """
    read = _Reader(file, text)
    found = document(file, text)
    for place, value in _leaves(found):
        read.judge(place, value, dag_type, python)
    return Manifest(
        told=tuple(sorted(read.told, key=lambda each: each.line)),
        project=read.project,
        uv=read.uv,
        wishes=tuple(read.wishes),
    )


class _Reader:
    """Goes through the keys of a file."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.lines = file, text.splitlines()
        self.told: list[Told] = []
        self.project: dict[str, str] = {}
        self.uv: dict[str, object] = {}
        self.wishes: list[Wish] = []

    def judge(self, place: str, value: object, dag_type: str, python: str) -> None:
        """Judge one key, by its dotted name."""
        table, _, key = place.rpartition(".")
        if table == "project" and key in _KEPT and isinstance(value, str):
            self.project[key] = value
            self._tell(place, f"[project] {key}")
        elif place == "project.name":
            same = value == dag_type
            self._tell(place, f"is called {dag_type} now" + ("" if same else ", as its folder"))
        elif place == "project.requires-python":
            self._python(place, str(value), python)
        elif place == "project.dependencies" and isinstance(value, list):
            for each in cast("list[object]", value):
                self._dependency(place, str(each))
            if not value:
                self._tell(place, "none")
        elif place in {"tool.uv.index", "tool.uv.exclude-newer"} and _is_plain(key, value):
            self.uv[key] = value
            self._tell(place, f"[tool.uv] {key}")
        elif place == "tool.uv.sources" and _are_of_indexes(value):
            told = "say which index a package is from: copy them into [tool.uv.sources] of the new file"
            self._tell(place, f"{told}, where their [[tool.uv.index]] is, and lock", todo=True)
        elif place == "tool.uv.index":
            self._tell(
                place,
                "name it in [[tool.uv.index]] without a login, and give --netrc (docs/dependencies.md)",
                todo=True,
            )
        else:
            self._tell(place, _remedy(place), todo=True)

    def _python(self, place: str, value: str, python: str) -> None:
        try:
            holds = not python or SpecifierSet(value).contains(f"{python}.0")
        except InvalidSpecifier:
            holds = False
        if holds:
            self.project["requires-python"] = value
            self._tell(place, "[project] requires-python")
        else:
            self._tell(
                place,
                f"{value!r} isn't the base's Python, {python}: left out; try your code on it",
                todo=True,
            )

    def _dependency(self, place: str, text: str) -> None:
        line = next(
            (n for n, each in enumerate(self.lines, 1) if f'"{text}"' in each or f"'{text}'" in each), 0
        )
        line = line or self._line(place)
        wish = requirement(text)
        if wish is None or wish.url:
            remedy = "only packages of an index can be locked: publish it to one and pin it"
            self.told.append(Told(file=self.file, line=line, what=shown(text), outcome=remedy, todo=True))
        else:  # what becomes of it is told by the draft
            self.wishes.append(Wish(text=text, file=self.file, line=line))

    def _tell(self, place: str, outcome: str, *, todo: bool = False) -> None:
        line = self._line(place)
        self.told.append(Told(file=self.file, line=line, what=shown(place), outcome=outcome, todo=todo))

    def _line(self, place: str) -> int:
        """The line of a key: its own, or that of the table it is in; 0 where neither is found."""
        names = [name.strip("\"'") for name in place.split(".")]
        best, deepest, table = 0, 0, list[str]()
        for number, line in enumerate(self.lines, start=1):
            header = re.match(r"\s*\[\[?([^\]]+)\]", line)
            keyed = re.match(r"\s*([A-Za-z0-9_.\"'-]+)\s*=", line)
            if header:
                table = [part.strip(" \"'") for part in header[1].split(".")]
            if not (header or keyed):
                continue
            here = [*table, *(part.strip("\"'") for part in keyed[1].split("."))] if keyed else table
            depth = len(here) if here == names[: len(here)] else 0
            best, deepest = (number, depth) if depth > deepest else (best, deepest)
        return best


def _leaves(found: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    """The keys to judge, by dotted name: tables of tools but uv, and groups, each as a whole."""
    for key, value in found.items():
        place = f"{above}{key}"
        inside = place in {"project", "tool", "tool.uv"}
        if inside and isinstance(value, dict):
            yield from _leaves(cast("dict[str, object]", value), f"{place}.")
        else:
            yield place, value


def _is_plain(key: str, value: object) -> bool:
    """Whether a setting of uv has its right shape, and no login in it."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    right = bool(items) and all(isinstance(each, dict) for each in items)
    text = repr(cast("object", value))
    return (right or key != "index") and redacted(text) == text


def _are_of_indexes(value: object) -> bool:
    """Whether [tool.uv.sources] names an index for each of its packages, and nothing else."""
    sources = cast("dict[str, object]", value).values() if isinstance(value, dict) else ()
    return bool(sources) and all(isinstance(each, dict) and "index" in each for each in sources)


def _remedy(place: str) -> str:
    while place not in _REMEDIES and "." in place:
        place = place.rpartition(".")[0]
    return _REMEDIES.get(place, "has no place in an image's pyproject.toml")
