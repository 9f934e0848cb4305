"""pyproject.<type>.toml of an old repository: what images/<type>/pyproject.toml takes of it, and the rest."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ..errors import ConfigurationError
from . import poetry
from .installs import requirement
from .masking import is_secret, masked
from .remedies import remedy
from .told import Told, Wish, shown

_BOM = "\ufeff"  # Windows' own tools write one at the start
_KEPT = ("version", "description")  # of [project], as they are
_INSIDE = frozenset(
    {"project", "tool", "tool.uv", "tool.pdm", "tool.hatch", "tool.poetry", "tool.poetry.dependencies"}
    | {"tool.poetry.group"}
)
_POETRYS = "tool.poetry.dependencies."
# Groups of Poetry whose names say that DAGs don't need them; it installs all others, too.
_OF_TOOLS = re.compile(r"(?i)(?:dev|test|lint|doc|typ|format|style|ci$|qa$|debug|notebook|release)\w*")
_ELSEWHERE = re.compile(r"[/\\]|^\.|@|^git\+")  # a path or an address


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What there is to carry over; ``project`` and ``uv`` are keys of [project] and [tool.uv] with values.

    ``left`` where a dependency of it wasn't carried over.
    """

    told: tuple[Told, ...]
    project: dict[str, str]
    uv: dict[str, object]
    wishes: tuple[Wish, ...]
    left: bool


def document(file: str, text: str) -> dict[str, object]:
    """What a file says.

    Raises:
        ConfigurationError: it is no TOML; the message has file and line.
    """
    try:
        return tomllib.loads(text.removeprefix(_BOM))
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
    found = document(file, text)
    read = _Reader(file, text.removeprefix(_BOM), found, dag_type, python)
    for place, value in _leaves(found):
        read.judge(place, value)
    return Manifest(
        told=tuple(sorted(read.told, key=lambda each: each.line)),
        project=read.project,
        uv=read.uv,
        wishes=tuple(read.wishes),
        left=read.left,
    )


class _Reader:
    """Goes through the keys of a file."""

    def __init__(self, file: str, text: str, found: Mapping[str, object], dag_type: str, python: str) -> None:
        self.file, self.lines, self.found = file, text.splitlines(), found
        self.dag_type, self.python = dag_type, python
        self.new = f"[project] dependencies of images/{dag_type}/pyproject.toml"
        self.told: list[Told] = []
        self.project: dict[str, str] = {}
        self.uv: dict[str, object] = {}
        self.wishes: list[Wish] = []
        self.left = False

    def judge(self, place: str, value: object) -> None:
        """Judge one key, by its dotted name."""
        table, _, key = place.rpartition(".")
        if table in {"project", "tool.poetry"} and key in _KEPT and isinstance(value, str):
            self._kept(place, key, value)
        elif place in {"project.name", "tool.poetry.name"}:
            same = value == self.dag_type
            self._tell(place, f"is called {self.dag_type} now" + ("" if same else ", as its folder"))
        elif place == "project.requires-python":
            self._python(place, str(value))
        elif place == "project.dependencies":
            self._dependencies(place, value)
        elif place == "project.dynamic" and "dependencies" in _listed(value):
            self._dynamic(place)
        elif place.startswith((_POETRYS, "tool.poetry.group.")) or place == "tool.poetry.dependencies":
            self._poetry(place, value)
        elif place in {"tool.uv.index", "tool.uv.exclude-newer"} and _is_plain(key, value):
            self.uv[key] = value
            self._tell(place, f"[tool.uv] {key}")
        elif place == "tool.uv.sources" and _are_of_indexes(value):
            told = "say which index a package is from: copy them into [tool.uv.sources] of the new file"
            self._tell(place, f"{told}, where their [[tool.uv.index]] is, and lock", todo=True)
        else:
            self._tell(place, remedy(place), todo=True)

    def _kept(self, place: str, key: str, value: str) -> None:
        if place != f"project.{key}" and key in _table(self.found, "project"):
            self._tell(place, "that of [project] holds")
        elif is_secret(key, value):
            self._tell(place, "looks like a secret: left out", todo=True)
        else:
            self.project[key] = value
            self._tell(place, f"[project] {key}")

    def _python(self, place: str, value: str) -> None:
        try:
            holds = not self.python or SpecifierSet(value).contains(f"{self.python}.0")
        except InvalidSpecifier:
            holds = False
        if holds:
            self.project["requires-python"] = value
            self._tell(place, "[project] requires-python")
        else:
            self._tell(
                place,
                f"{shown(value)!r} isn't the base's Python, {self.python}: left out; try your code on it",
                todo=True,
            )

    def _dependencies(self, place: str, value: object) -> None:
        if not isinstance(value, list):
            self._leave(place, f"is no list: write its requirements into {self.new}")
            return
        for each in cast("list[object]", value):
            self._dependency(place, each)
        if not value:
            self._tell(place, "none")

    def _dependency(self, place: str, value: object) -> None:
        text = str(value)
        line = next(
            (n for n, each in enumerate(self.lines, 1) if f'"{text}"' in each or f"'{text}'" in each), 0
        )
        line = line or line_of(place, self.lines)
        wish = requirement(text) if isinstance(value, str) else None
        if wish is not None and not wish.url:  # what becomes of it is told by the draft
            self.wishes.append(Wish(text=text, file=self.file, line=line))
            return
        outcome = f"is no requirement: write it into {self.new}, as name==version"
        if wish is not None or _ELSEWHERE.search(text):
            outcome = f"only packages of an index can be locked: publish it to one and pin it in {self.new}"
        self.told.append(Told(file=self.file, line=line, what=shown(text), outcome=outcome, todo=True))
        self.left = True

    def _dynamic(self, place: str) -> None:
        """Dependencies that a build backend finds elsewhere."""
        if _table(self.found, "tool", "poetry", "dependencies"):
            self._tell(place, "they are those of [tool.poetry.dependencies]")
            return
        files = _table(self.found, "tool", "setuptools", "dynamic", "dependencies").get("file", [])
        where = f" ({shown(', '.join(map(str, _listed(files))))})" if files else ""
        self._leave(
            place, f"dependencies are found elsewhere by what builds it{where}: write them into {self.new}"
        )

    def _poetry(self, place: str, value: object) -> None:
        """Judge a dependency of Poetry's, or a group of these."""
        name = place.removeprefix(_POETRYS)
        if place == "tool.poetry.dependencies":
            self._leave(place, f"is no table: write its requirements into {self.new}")
        elif place.startswith("tool.poetry.group."):
            self._group(place, cast("dict[str, object]", value) if isinstance(value, dict) else {})
        elif name == "python" and "requires-python" in _table(self.found, "project"):
            self._tell(place, "that of [project] holds")
        elif name == "python":
            text = str(value)
            self._python(place, next((each for each in [poetry.specifiers(text)] if each is not None), text))
        else:
            for each in poetry.requirements(name, value):
                if isinstance(each, str):
                    self.wishes.append(Wish(text=each, file=self.file, line=line_of(place, self.lines)))
                else:
                    self._leave(place, f"{each.why}: write what DAGs need of it into {self.new}")

    def _group(self, place: str, group: Mapping[str, object]) -> None:
        names = ", ".join(sorted(map(shown, _table(group, "dependencies"))))
        if group.get("optional") or not names or _OF_TOOLS.fullmatch(place.rpartition(".")[2]):
            self._tell(place, remedy(place), todo=True)
        else:
            told = f"an image has no groups, and Poetry installs this one, too ({names})"
            self._leave(place, f"{told}: write what DAGs need of it into {self.new}")

    def _leave(self, place: str, outcome: str) -> None:
        self._tell(place, outcome, todo=True)
        self.left = True

    def _tell(self, place: str, outcome: str, *, todo: bool = False) -> None:
        line = line_of(place, self.lines)
        self.told.append(Told(file=self.file, line=line, what=shown(place), outcome=outcome, todo=todo))


def line_of(place: str, lines: Sequence[str]) -> int:
    """The line of a key: its own, or that of a table in it or around it; 0 where neither is found.

    Args:
        place: its dotted name.
        lines: those of the file.
    """
    names = [name.strip("\"'") for name in place.split(".")]
    best, deepest, table = 0, 0, list[str]()
    for number, line in enumerate(lines, start=1):
        header = re.match(r"\s*\[\[?([^\]]+)\]", line)
        keyed = re.match(r"\s*([A-Za-z0-9_.\"'-]+)\s*=", line)
        if header:
            table = [part.strip(" \"'") for part in header[1].split(".")]
        if not (header or keyed):
            continue
        here = [*table, *(part.strip("\"'") for part in keyed[1].split("."))] if keyed else table
        depth = min(len(here), len(names))
        depth = depth if here[:depth] == names[:depth] else 0
        best, deepest = (number, depth) if depth > deepest else (best, deepest)
    return best


def _leaves(found: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    """The keys to judge, by dotted name: most tables of tools, and groups, each as a whole."""
    for key, value in found.items():
        place = f"{above}{key}"
        if place in _INSIDE and isinstance(value, dict):
            yield from _leaves(cast("dict[str, object]", value), f"{place}.")
        else:
            yield place, value


def _table(found: Mapping[str, object], *keys: str) -> Mapping[str, object]:
    """A table by the keys that lead to it; empty where it is none."""
    for key in keys:
        value = found.get(key)
        found = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    return found


def _listed(value: object) -> list[object]:
    """A value as a list: itself where it is one."""
    return cast("list[object]", value) if isinstance(value, list) else [value]


def _is_plain(key: str, value: object) -> bool:
    """Whether a setting of uv has its right shape, and no login in it."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    right = bool(items) and all(isinstance(each, dict) for each in items)
    text = repr(cast("object", value))
    return (right or key != "index") and masked(text) == text


def _are_of_indexes(value: object) -> bool:
    """Whether [tool.uv.sources] names an index for each of its packages, and nothing else."""
    sources = cast("dict[str, object]", value).values() if isinstance(value, dict) else ()
    return bool(sources) and all(isinstance(each, dict) and "index" in each for each in sources)
