"""Which DAG types a change touches, and why: the rules.

A type that isn't told of has the same image before and after. More may be told of than that: a changed policy
or tool makes no other image, but another verdict or another build of it.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, cast

from pydantic import BaseModel, ConfigDict

from ..config import base, catalog, dag_type, layers, lockfile, policy, publish
from ..config.catalog import Catalog
from ..config.dag_type import DagType
from ..errors import ConfigurationError
from .imports import Edges, edges, reached
from .snapshot import Comparison, Snapshot

PINS_FILE = "ci/pins.toml"
IGNORE_FILE = "dags/.airflowignore"  # counts for all types, see ci/tools/checkout.py
PROJECT = re.compile(r"images/([^./][^/]*)/pyproject\.toml")  # a DAG type's, by its folder
MODULE = frozenset({"ci", "dagger.json", "pyproject.toml", "uv.lock"})  # what makes the images


class Kind(StrEnum):
    """What sort of reason it is, in the order in which reasons are told."""

    WRONG = "wrong configuration"
    NEW = "new"
    DAG_CODE = "DAG code"
    SCRIPTS = "scripts"
    PINS = "pins"
    SETTINGS = "settings"
    LOCK = "lock"
    IMPORTS = "imports"
    IGNORED = "ignored DAG files"  # they are in no image, but in every type's tests
    POLICY = "policy"
    PUBLISH = "publish settings"
    LAYERS = "layer settings"
    BASE = "base"
    TOOLS = "tools"
    MODULE = "module"
    ATTRIBUTES = "git attributes"  # they say how git writes each file
    UNPUBLISHED = "not published yet"
    ASKED = "asked for"  # whatever has changed


class Touch(BaseModel):
    """A path that changed, and how where its content isn't all: new, deleted, renamed from ….

    Of a wrong configuration: its file, and what is wrong.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    how: str = ""


class Reason(BaseModel):
    """Why a DAG type is affected."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    touches: tuple[Touch, ...]


class Touched(BaseModel):
    """An affected DAG type."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dag: str
    reasons: tuple[Reason, ...]


class Findings(BaseModel):
    """What a change touches, each sorted by name.

    ``since`` is what was asked for, ``commit`` the whole name of the commit that is compared with, empty
    where there is none. ``notes`` are what a person is to be told of how this came about.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: str
    commit: str
    affected: tuple[Touched, ...]
    unaffected: tuple[str, ...]
    removed: tuple[str, ...]
    notes: tuple[str, ...] = ()


class _Side(NamedTuple):
    """One of the two states: its files, its DAG types, and which file imports which."""

    snapshot: Snapshot
    types: Mapping[str, DagType]
    graph: Edges

    def files(self, name: str, tree: str) -> set[str]:
        """Paths of what a type takes from dags or scripts; none where there is no such type."""
        found = self.types.get(name)
        named = () if found is None else found.dag_paths if tree == "dags" else found.script_paths
        return {each for path in named for each in self.snapshot.below(f"{tree}/{path}")}

    def imports(self, name: str) -> set[str]:
        """Paths of the files that a type's files import, with those themselves."""
        return reached(self.graph, self.files(name, "dags") | self.files(name, "scripts"))


def find(comparison: Comparison, now: Catalog) -> Findings:
    """The DAG types that a change touches.

    Args:
        comparison: before and after.
        now: the DAG types of ``after``; those that can't be used count as affected.
    """
    before, after = comparison.before, comparison.after
    old = {name: _parsed(name, before) for name in _names(before)}
    usable = _unclashing({name: found for name, found in old.items() if found})
    change = _Change(
        comparison,
        comparison.changed(),
        _Side(before, usable, edges(before)),
        _Side(after, now.types, edges(after)),
    )
    everywhere = change.everywhere()
    names = sorted({*now.types, *now.problems})
    reasons: dict[str, list[Reason]] = {}
    for name in names:
        if name in now.problems:
            wrong = [Touch(path=f"images/{name}", how=problem) for problem in now.problems[name]]
            reasons[name] = [Reason(kind=Kind.WRONG, touches=tuple(wrong))]
        elif name not in old:
            reasons[name] = [change.reason(Kind.NEW, [_project(name)])]
        else:
            own = [*change.own(name), *everywhere]
            reasons[name] = sorted(own, key=lambda each: list(Kind).index(each.kind))
    return Findings(
        since=comparison.since,
        commit=comparison.commit,
        affected=tuple(Touched(dag=name, reasons=tuple(reasons[name])) for name in names if reasons[name]),
        unaffected=tuple(name for name in names if not reasons[name]),
        removed=tuple(sorted(old.keys() - set(names))),
    )


@dataclass(frozen=True)
class _Change:
    """A change: its paths, and what was at both of its ends."""

    comparison: Comparison
    paths: frozenset[str]
    old: _Side
    new: _Side

    def reason(self, kind: Kind, paths: Iterable[str]) -> Reason:
        """A reason with all of these paths, sorted; a renamed file is told once."""
        told = set(paths)
        gone = {self.comparison.renames.get(path) for path in told} - self.new.snapshot.entries.keys()
        return Reason(kind=kind, touches=tuple(self._touch(path) for path in sorted(told - gone)))

    def everywhere(self) -> list[Reason]:
        """The reasons that hold for every DAG type."""
        places: dict[Kind, set[str]] = {
            Kind.IGNORED: self._at(IGNORE_FILE),
            Kind.POLICY: self._at(policy.HOUSE, *self._vex(policy.HOUSE)),
            Kind.PUBLISH: self._at(publish.FILE),
            Kind.LAYERS: self._at(layers.FILE),
            Kind.BASE: self._at(base.FILE),
            Kind.TOOLS: self._at(PINS_FILE),
            Kind.MODULE: {path for path in self.paths if path.split("/")[0] in MODULE} - {PINS_FILE},
            Kind.ATTRIBUTES: {path for path in self.paths if path.split("/")[-1] == ".gitattributes"},
        }
        found = {kind: paths & self.paths for kind, paths in places.items()}
        return [self.reason(kind, paths) for kind, paths in found.items() if paths]

    def own(self, name: str) -> list[Reason]:
        """The reasons that hold for one DAG type, which was there before."""
        dags = self.old.files(name, "dags") | self.new.files(name, "dags")
        scripts = self.old.files(name, "scripts") | self.new.files(name, "scripts")
        imports = (self.old.imports(name) | self.new.imports(name)) - dags - scripts
        rules = policy.own(name)
        places: dict[Kind, set[str]] = {
            Kind.DAG_CODE: dags,
            Kind.SCRIPTS: scripts,
            Kind.LOCK: self._at(f"images/{name}/{lockfile.NAME}"),
            Kind.IMPORTS: imports,
            Kind.POLICY: self._at(rules, *self._vex(rules)),
        }
        found = [
            self.reason(kind, paths & self.paths) for kind, paths in places.items() if paths & self.paths
        ]
        return [*found, *self._project(name)]

    def _project(self, name: str) -> list[Reason]:
        path = _project(name)
        if name not in self.old.types:
            told = Touch(path=path, how="couldn't be used before")
            return [Reason(kind=Kind.SETTINGS, touches=(told,))]
        before, after = (_document(side.snapshot, path) for side in (self.old, self.new))
        pins = [sorted(side.types[name].project.dependencies) for side in (self.old, self.new)]
        for document in (before, after):
            document["project"].pop("dependencies")
        found = {Kind.PINS: pins[0] != pins[1], Kind.SETTINGS: before != after}
        return [self.reason(kind, [path]) for kind, differs in found.items() if differs]

    def _at(self, *paths: str) -> set[str]:
        """What is, or was, at some paths; where links lead from there counts too."""
        return {each for side in (self.old, self.new) for path in paths for each in side.snapshot.below(path)}

    def _vex(self, rules: str) -> set[str]:
        """The OpenVEX documents that a policy names, or named."""
        found: set[str] = set()
        for side in (self.old, self.new):
            table = _document(side.snapshot, rules).get("scan")
            named = cast("dict[str, Any]", table).get("vex") if isinstance(table, dict) else None
            found |= {str(each) for each in cast("list[object]", named)} if isinstance(named, list) else set()
        return found

    def _touch(self, path: str) -> Touch:
        old, new = self.old.snapshot.entries.get(path), self.new.snapshot.entries.get(path)
        source = self.comparison.renames.get(path)
        target = next((to for to, origin in self.comparison.renames.items() if origin == path), None)
        if new is None:
            return Touch(path=path, how=f"renamed to {target}" if target else "deleted")
        if source:
            return Touch(path=path, how=f"renamed from {source}")
        if old is None:
            return Touch(path=path, how="an empty folder" if new.kind == "folder" else "new")
        if old.content == new.content and "executable" in (old.kind, new.kind):
            return Touch(path=path, how="executable" if new.kind == "executable" else "no longer executable")
        return Touch(path=path)


def _project(name: str) -> str:
    return f"images/{name}/pyproject.toml"


def _names(snapshot: Snapshot) -> set[str]:
    """The DAG types of a snapshot, whether they can be used or not."""
    found = {each[1] for path in snapshot.entries if (each := PROJECT.fullmatch(path))}
    return found - catalog.RESERVED


def _parsed(name: str, snapshot: Snapshot) -> DagType | None:
    try:
        return dag_type.parse(name, _project(name), snapshot.text(_project(name)) or "")
    except ConfigurationError:
        return None


def _unclashing(types: dict[str, DagType]) -> dict[str, DagType]:
    clashes = catalog.claimed_twice(types)
    return {name: found for name, found in types.items() if name not in dict(clashes)}


def _document(snapshot: Snapshot, path: str) -> dict[str, Any]:
    """A TOML file; empty where there is none, or it is wrong."""
    try:
        return tomllib.loads(snapshot.text(path) or "")
    except tomllib.TOMLDecodeError:
        return {}
