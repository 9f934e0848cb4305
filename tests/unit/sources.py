"""This project's own files, as tests of its architecture read them: each is parsed once."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import cast

PROJECT = Path(__file__).parents[2]
CODE = ("ci", "airgap", "tests", "dags", "scripts", "bench")


def python_files(*trees: str) -> list[str]:
    """List the Python files of some folders, relative to the project."""
    found = [path for tree in trees for path in (PROJECT / tree).rglob("*.py")]
    return sorted(path.relative_to(PROJECT).as_posix() for path in found if "__pycache__" not in path.parts)


def text(file: str) -> str:
    """Read one of these files."""
    return (PROJECT / file).read_text(encoding="utf-8")


def message(advice: str, offenders: Iterable[str]) -> str:
    """Write what to do, and under it all that breaks the rule, one per line."""
    return "\n".join([f"{advice}:", *sorted(offenders)])


@dataclass(frozen=True)
class Imports:
    """What a file imports.

    Attributes:
        modules: those of its own package by their file, as in "ci/config/dag_type.py".
        at_once: those that are imported when it is itself imported, as it writes them.
    """

    modules: frozenset[str]
    at_once: frozenset[str]


@cache
def imports(file: str) -> Imports:
    """Parse one of these files, and look at its statements alone."""
    module = ast.parse(text(file))
    modules: set[str] = set()
    for node in _statements(module):
        if isinstance(node, ast.ImportFrom) and node.level:
            modules |= _relative(PurePosixPath(file).parents[node.level - 1], node)
        else:
            modules |= set(_written(node))
    at_once = [name for node in module.body for name in _written(node)]
    return Imports(frozenset(modules), frozenset(at_once))


def _statements(top: ast.AST) -> Iterator[ast.AST]:
    """Walk statements and what else has a body, without the expressions in them."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        for node in cast("list[ast.AST]", getattr(top, field, [])):
            yield node
            yield from _statements(node)


def _written(node: ast.AST) -> Iterator[str]:
    """Yield the modules of an import, absolute or with its dots."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        names = [node.module] if node.module else [alias.name for alias in node.names]
        yield from (f"{'.' * node.level}{name}" for name in names)


def _relative(start: PurePosixPath, node: ast.ImportFrom) -> set[str]:
    """Files of a relative import that begins at a folder; packages on the way are imported too."""
    parts = node.module.split(".") if node.module else []
    packages = [start.joinpath(*parts[:end]) for end in range(1, len(parts) + 1)]
    packages = [place for place in packages if (PROJECT / place).is_dir()]
    place = start.joinpath(*parts)
    inside = not parts or place in packages
    files = {f"{place}/{alias.name}.py" for alias in node.names} if inside else {f"{place}.py"}
    return files | {f"{package}/__init__.py" for package in packages}
