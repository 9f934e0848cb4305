"""Imports between the Python files of dags/ and scripts/, as Airflow's Python resolves them.

A module and a package of the same name both count: an edge too many is harmless, a missing one isn't.
Imports of a name that is only known at run time are not followed.
"""

from collections.abc import Iterator, Mapping

from ..checks.imports.locations import files_imported
from ..config.dag_type import TREES
from .snapshot import Snapshot

Edges = Mapping[str, frozenset[str]]


def edges(snapshot: Snapshot) -> Edges:
    """Return the files that each Python file imports; a link counts as an import of its target."""
    graph: dict[str, frozenset[str]] = {}
    for path, entry in snapshot.entries.items():
        if path.split("/")[0] not in TREES:
            continue
        if entry.kind == "link":
            target, links = snapshot.resolve(path)
            graph[path] = frozenset({*links, target} & snapshot.entries.keys() - {path})
        elif path.endswith(".py"):
            files = files_imported(path, snapshot.text(path) or "")
            graph[path] = frozenset(real for file in files for real in _existing(snapshot, file)) - {path}
    return graph


def _existing(snapshot: Snapshot, path: str) -> Iterator[str]:
    """Yield the file at a path and the links on the way to it; nothing if there is no file."""
    target, links = snapshot.resolve(path)
    if target in snapshot.entries:
        yield from (*links, target)
