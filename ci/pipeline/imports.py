"""Which Python files of dags/ and scripts/ import which others, as Airflow's Python would find them.

A module and a package of one name both count: an edge too many is harmless, a missing one isn't.
What is imported by a name made while running isn't followed.
"""

from collections.abc import Iterable, Iterator, Mapping

from ..checks.imports.imports import imports_of
from ..checks.imports.locations import files_loaded
from ..config.dag_type import TREES
from .snapshot import Snapshot

Edges = Mapping[str, frozenset[str]]


def edges(snapshot: Snapshot) -> Edges:
    """Return by Python file the files that it imports; a link leads to its target."""
    graph: dict[str, frozenset[str]] = {}
    for path, entry in snapshot.entries.items():
        if path.split("/")[0] not in TREES:
            continue
        if entry.kind == "link":
            target, links = snapshot.followed(path)
            graph[path] = frozenset({*links, target} & snapshot.entries.keys() - {path})
        elif path.endswith(".py"):
            imports = imports_of(snapshot.text(path) or "")
            files = {file for imported in imports for file in files_loaded(path, imported)}
            graph[path] = frozenset(real for file in files for real in _existing(snapshot, file)) - {path}
    return graph


def reached(graph: Edges, start: Iterable[str]) -> set[str]:
    """Return the files to start with, and all that they import, directly or through others."""
    seen: set[str] = set()
    waiting = set(start)
    while waiting:
        path = waiting.pop()
        seen.add(path)
        waiting |= graph.get(path, frozenset()) - seen
    return seen


def _existing(snapshot: Snapshot, path: str) -> Iterator[str]:
    """Yield the file that a path leads to with the links on the way; nothing where it leads nowhere."""
    target, links = snapshot.followed(path)
    if target in snapshot.entries:
        yield from (*links, target)
