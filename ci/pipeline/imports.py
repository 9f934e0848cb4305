"""Which Python files of dags/ and scripts/ import which others, as Airflow's Python would find them.

The import path holds dags/ itself, and the folder above it, where dags and scripts are packages. Both are
looked at, and a module as well as a package of one name: an edge too many is harmless, one too few isn't.
What is imported by a name made while running isn't followed.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import PurePosixPath

from ..config.dag_type import TREES
from .snapshot import Snapshot

Edges = Mapping[str, frozenset[str]]


def edges(snapshot: Snapshot) -> Edges:
    """By Python file, the files that it imports; a link leads to what it points to."""
    found: dict[str, frozenset[str]] = {}
    for path, entry in snapshot.entries.items():
        if path.split("/")[0] not in TREES:
            continue
        if entry.kind == "link":
            real, passed = snapshot.followed(path)
            found[path] = frozenset({*passed, real} & snapshot.entries.keys() - {path})
        elif path.endswith(".py"):
            text = snapshot.text(path) or ""
            places = {place for name in _imported(text) for place in _places(path, name)}
            found[path] = frozenset(each for place in places for each in _there(snapshot, place)) - {path}
    return found


def reached(graph: Edges, start: Iterable[str]) -> set[str]:
    """The files to start with, and all that they import, directly or through others."""
    seen: set[str] = set()
    waiting = set(start)
    while waiting:
        path = waiting.pop()
        seen.add(path)
        waiting |= graph.get(path, frozenset()) - seen
    return seen


@cache
def _imported(text: str) -> frozenset[str]:
    """Names of modules, relative ones with their leading dots; none where the text is no Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # as ast.parse's documentation has them
        return frozenset()
    return frozenset(name for node in ast.walk(tree) for name in _names(node))


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        start = "." * node.level + (node.module or "")
        yield start
        # What is taken of a package may be a module of it.
        yield from (f"{start}{'.' if node.module else ''}{alias.name}" for alias in node.names)


def _places(file: str, name: str) -> Iterator[str]:
    """Files in which a module of that name, and the packages around it, can be."""
    level = len(name) - len(name.lstrip("."))
    parts = name[level:].split(".") if name[level:] else []
    if level:
        above = [str(each) for each in PurePosixPath(file).parents][:-1]  # without the root
        roots = above[level - 1 : level]
    else:
        roots = ["dags", *([""] if parts[0] in TREES else [])]
    for root in roots:
        # A relative import has its own packages loaded already, and loads those that it starts at.
        for end in range(0 if level else 1, len(parts) + 1):
            place = str(PurePosixPath(root, *parts[:end]))
            yield f"{place}/__init__.py"
            if end:
                yield f"{place}.py"


def _there(snapshot: Snapshot, place: str) -> Iterator[str]:
    real, passed = snapshot.followed(place)
    if real in snapshot.entries:
        yield from (*passed, real)
