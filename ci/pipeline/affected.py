"""The DAG types that a change affects, with the reasons.

A type that isn't affected has the same image before and after. The reverse doesn't hold: a changed policy or
tool affects types, because their verdict or build changes, while their images may stay the same.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from ..checks.imports.locations import reached
from ..config import base, catalog, dag_type, layers, lockfile, policy, publish
from ..config.catalog import Catalog
from ..config.dag_type import DagType
from ..errors import ConfigurationError
from .selection import AffectedType, ChangedPath, Reason, ReasonKind, Selection, wrong
from .snapshot import Comparison, Snapshot

PINS_FILE = "ci/pins.toml"
IGNORE_FILE = "dags/.airflowignore"  # applies to all types, see ci/tools/checkout.py
PYPROJECT = re.compile(r"images/([^./][^/]*)/pyproject\.toml")  # a DAG type's
MODULE = frozenset({"ci", "dagger.json", "pyproject.toml", "uv.lock"})  # the code that builds images


class _State(NamedTuple):
    """The state before or after a change: its files and its DAG types."""

    snapshot: Snapshot
    types: Mapping[str, DagType]

    def files(self, name: str, tree: str) -> set[str]:
        """Return the paths of a type's files in dags or scripts; none if the type doesn't exist."""
        existing = self.types.get(name)
        paths = () if existing is None else existing.dag_paths if tree == "dags" else existing.script_paths
        return {file for path in paths for file in self.snapshot.paths_at(f"{tree}/{path}")}

    def reached(self, name: str) -> set[str]:
        """Return the paths of a type's files and of all files that they import."""
        return reached(self.snapshot.imports, self.files(name, "dags") | self.files(name, "scripts"))


def select(comparison: Comparison, now: Catalog) -> Selection:
    """Return the DAG types that a change affects; of those after it, the ones with problems count."""
    before, after = comparison.before, comparison.after
    old = {name: _parsed(name, before) for name in _type_names(before)}
    valid = {name: parsed for name, parsed in old.items() if parsed}
    claimed_twice = dict(catalog.claimed_twice(valid))
    usable = {name: parsed for name, parsed in valid.items() if name not in claimed_twice}
    change = _Change(
        comparison,
        comparison.changed(),
        _State(before, usable),
        _State(after, now.types),
    )
    of_all = change.reasons_of_all()
    names = sorted({*now.types, *now.problems})
    reasons: dict[str, list[Reason]] = {}
    for name in names:
        if name in now.problems:
            reasons[name] = [wrong(name, now)]
        elif name not in old:
            reasons[name] = [change.reason(ReasonKind.NEW, [_pyproject(name)])]
        else:
            unsorted = [*change.reasons_of(name), *of_all]
            reasons[name] = sorted(unsorted, key=lambda reason: list(ReasonKind).index(reason.kind))
    return Selection(
        since=comparison.since,
        commit=comparison.commit,
        affected=tuple(
            AffectedType(dag=name, reasons=tuple(reasons[name])) for name in names if reasons[name]
        ),
        unaffected=tuple(name for name in names if not reasons[name]),
        removed=tuple(sorted(old.keys() - set(names))),
    )


@dataclass(frozen=True)
class _Change:
    """A change: its paths, and the states before and after."""

    comparison: Comparison
    paths: frozenset[str]
    old: _State
    new: _State

    def reason(self, kind: ReasonKind, paths: Iterable[str]) -> Reason:
        """Return a reason with all of these paths, sorted; a renamed file is listed once."""
        every = set(paths)
        gone = {self.comparison.renames.get(path) for path in every} - self.new.snapshot.entries.keys()
        return Reason(kind=kind, touches=tuple(self._changed_path(path) for path in sorted(every - gone)))

    def reasons_of_all(self) -> list[Reason]:
        """Return the reasons that hold for every DAG type."""
        module = {path for path in self.paths if path.split("/")[0] in MODULE} - {PINS_FILE}
        return self._reasons(
            {
                ReasonKind.IGNORED: self._paths_at(IGNORE_FILE),
                ReasonKind.POLICY: self._paths_at(policy.SHARED, *self._vex(policy.SHARED)),
                ReasonKind.PUBLISH: self._paths_at(publish.FILE),
                ReasonKind.LAYERS: self._paths_at(layers.FILE),
                ReasonKind.BASE: self._paths_at(base.FILE),
                ReasonKind.TOOLS: self._paths_at(PINS_FILE),
                ReasonKind.MODULE: module,
                ReasonKind.ATTRIBUTES: {
                    path for path in self.paths if path.rpartition("/")[2] == ".gitattributes"
                },
            }
        )

    def reasons_of(self, name: str) -> list[Reason]:
        """Return the reasons that hold for one DAG type, which existed before."""
        dags = self.old.files(name, "dags") | self.new.files(name, "dags")
        scripts = self.old.files(name, "scripts") | self.new.files(name, "scripts")
        rules = policy.own_file(name)
        return self._reasons(
            {
                ReasonKind.DAG_CODE: dags,
                ReasonKind.SCRIPTS: scripts,
                ReasonKind.LOCK: self._paths_at(f"images/{name}/{lockfile.NAME}"),
                ReasonKind.IMPORTS: (self.old.reached(name) | self.new.reached(name)) - dags - scripts,
                ReasonKind.POLICY: self._paths_at(rules, *self._vex(rules)),
            }
        ) + self._pyproject_reasons(name)

    def _reasons(self, paths: Mapping[ReasonKind, set[str]]) -> list[Reason]:
        """Return a reason for each kind of which a path changed."""
        changed = {kind: every & self.paths for kind, every in paths.items()}
        return [self.reason(kind, every) for kind, every in changed.items() if every]

    def _pyproject_reasons(self, name: str) -> list[Reason]:
        path = _pyproject(name)
        if name not in self.old.types:
            invalid = ChangedPath(path=path, how="invalid before")
            return [Reason(kind=ReasonKind.SETTINGS, touches=(invalid,))]
        before, after = (_toml(state.snapshot, path) for state in (self.old, self.new))
        pins = [sorted(state.types[name].project.dependencies) for state in (self.old, self.new)]
        for document in (before, after):
            document["project"].pop("dependencies")
        differs = {ReasonKind.PINS: pins[0] != pins[1], ReasonKind.SETTINGS: before != after}
        return [self.reason(kind, [path]) for kind, changed in differs.items() if changed]

    def _paths_at(self, *paths: str) -> set[str]:
        """Return what is or was at some paths, and the targets of links there."""
        states = (self.old, self.new)
        return {file for state in states for path in paths for file in state.snapshot.paths_at(path)}

    def _vex(self, rules: str) -> set[str]:
        """Return the OpenVEX documents that a policy names or named."""
        documents: set[str] = set()
        for state in (self.old, self.new):
            table = _toml(state.snapshot, rules).get("scan")
            names = cast("dict[str, Any]", table).get("vex") if isinstance(table, dict) else None
            documents |= (
                {str(name) for name in cast("list[object]", names)} if isinstance(names, list) else set()
            )
        return documents

    def _changed_path(self, path: str) -> ChangedPath:
        old, new = self.old.snapshot.entries.get(path), self.new.snapshot.entries.get(path)
        source = self.comparison.renames.get(path)
        target = next((to for to, origin in self.comparison.renames.items() if origin == path), None)
        if new is None:
            return ChangedPath(path=path, how=f"renamed to {target}" if target else "deleted")
        if source:
            return ChangedPath(path=path, how=f"renamed from {source}")
        if old is None:
            return ChangedPath(path=path, how="new")
        if old.content == new.content and "executable" in (old.kind, new.kind):
            how = "executable" if new.kind == "executable" else "no longer executable"
            return ChangedPath(path=path, how=how)
        return ChangedPath(path=path)


def _pyproject(name: str) -> str:
    return f"images/{name}/pyproject.toml"


def _type_names(snapshot: Snapshot) -> set[str]:
    """Return the names of a snapshot's DAG types, invalid ones too."""
    names = {match[1] for path in snapshot.entries if (match := PYPROJECT.fullmatch(path))}
    return names - catalog.RESERVED


def _parsed(name: str, snapshot: Snapshot) -> DagType | None:
    try:
        return dag_type.parse(name, _pyproject(name), snapshot.text(_pyproject(name)) or "")
    except ConfigurationError:
        return None


def _toml(snapshot: Snapshot, path: str) -> dict[str, Any]:
    """Return the content of a TOML file; empty if it is missing or invalid."""
    try:
        return tomllib.loads(snapshot.text(path) or "")
    except tomllib.TOMLDecodeError:
        return {}
