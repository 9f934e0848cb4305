"""This project's own files, as tests of its architecture read them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

PROJECT = Path(__file__).parents[2]
CODE = ("ci", "airgap", "tests", "dags", "scripts", "bench")


def python_files(*trees: str) -> list[str]:
    """List the Python files of some folders, relative to the project."""
    found = [path for tree in trees for path in (PROJECT / tree).rglob("*.py")]
    return sorted(path.relative_to(PROJECT).as_posix() for path in found if "__pycache__" not in path.parts)


@cache
def parsed(file: str) -> ast.Module:
    """Parse one of these files."""
    return ast.parse((PROJECT / file).read_text(encoding="utf-8"))


def imported(file: str) -> set[str]:
    """Name all modules that a file imports; those of its own package by their file, as in "ci/spec.py"."""
    found: set[str] = set()
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module or "")
        elif isinstance(node, ast.ImportFrom):
            found |= _relative(PurePosixPath(file).parents[node.level - 1], node)
    return found


def _relative(start: PurePosixPath, node: ast.ImportFrom) -> set[str]:
    """Files of a relative import that begins at a folder; packages on the way are imported too."""
    parts = node.module.split(".") if node.module else []
    packages = [start.joinpath(*parts[:end]) for end in range(1, len(parts) + 1)]
    packages = [place for place in packages if (PROJECT / place).is_dir()]
    place = start.joinpath(*parts)
    inside = not parts or place in packages
    files = {f"{place}/{alias.name}.py" for alias in node.names} if inside else {f"{place}.py"}
    return files | {f"{package}/__init__.py" for package in packages}


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public_definitions(node: ast.Module | ast.ClassDef, path: str = "") -> Iterator[tuple[str, Definition]]:
    """Walk the public classes, functions and methods, each with its dotted name."""
    for child in node.body:
        if isinstance(child, Definition) and not child.name.startswith("_"):
            name = f"{path}{child.name}"
            yield name, child
            if isinstance(child, ast.ClassDef):
                yield from public_definitions(child, f"{name}.")
