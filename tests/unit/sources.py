"""This project's own files, as tests of its architecture read them: each is parsed and walked once."""

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


def nodes(top: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree in half the time that ast.walk takes; in any order."""
    left = [top]
    while left:
        node = left.pop()
        yield node
        for value in vars(node).values():
            if isinstance(value, ast.AST):
                left.append(value)
            elif isinstance(value, list):
                left += [each for each in cast("list[object]", value) if isinstance(each, ast.AST)]


@dataclass(frozen=True)
class Facts:
    """What the rules ask of a file.

    Attributes:
        imports: modules that it imports; those of its own package by their file, as in "ci/spec.py".
        first_imports: modules that it imports when it is itself imported, as it writes them.
        bare_calls: methods that it calls without a positional argument, each with the line.
        literals: its texts.
    """

    imports: frozenset[str]
    first_imports: frozenset[str]
    bare_calls: tuple[tuple[str, int], ...]
    literals: tuple[str, ...]


@cache
def facts(file: str) -> Facts:
    """Parse and walk one of these files."""
    module = ast.parse(text(file))
    imports: set[str] = set()
    calls: list[tuple[str, int]] = []
    literals: list[str] = []
    for node in nodes(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            literals.append(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
            calls.append((node.func.attr, node.lineno))
        elif isinstance(node, ast.ImportFrom) and node.level:
            imports |= _relative(PurePosixPath(file).parents[node.level - 1], node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imports |= set(_written(node))
    first = [name for node in module.body for name in _written(node)]
    return Facts(frozenset(imports), frozenset(first), tuple(calls), tuple(literals))


def _written(node: ast.AST) -> Iterator[str]:
    """The modules of an import, absolute or with its dots."""
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
