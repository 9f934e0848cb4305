"""The text of a repository's Python files, with those that are reached over links between its folders."""

import os
from collections.abc import Iterator
from pathlib import Path

from .resolution import TREES


def read(root: Path) -> dict[str, str]:
    """The text of every Python file of dags/ and scripts/, by path from the repository's root."""
    found = [path for tree in TREES if (root / tree).is_dir() for path in _files(root / tree, frozenset())]
    # What can't be decoded is no Python here, and is told by the parsing of DAG files.
    return {path.relative_to(root).as_posix(): path.read_text("utf-8", "replace") for path in sorted(found)}


def _files(folder: Path, above: frozenset[str]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in above:  # a circle of links
        return
    for item in folder.iterdir():
        if item.is_dir():
            yield from _files(item, above | {real})
        elif item.suffix == ".py" and item.is_file():
            yield item
