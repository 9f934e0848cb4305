"""The text of a repository's Python files, with those that are reached over links between its folders."""

import os
import tokenize
from collections.abc import Iterator
from pathlib import Path

from ..spec import TREES


def read(root: Path) -> dict[str, str]:
    """The text of every Python file of dags/ and scripts/, by path from the repository's root."""
    found = [path for tree in TREES if (root / tree).is_dir() for path in _files(root / tree, frozenset())]
    return {path.relative_to(root).as_posix(): _text(path) for path in sorted(found)}


def _text(path: Path) -> str:
    """A file as Python decodes it: by its BOM or coding comment, else as UTF-8."""
    try:
        with path.open("rb") as file:
            encoding, _ = tokenize.detect_encoding(file.readline)
        return path.read_text(encoding, "replace")
    except (SyntaxError, LookupError, ValueError):  # an encoding that doesn't exist, or that is of no text
        # What can't be decoded is no Python here, and is told by the parsing of DAG files.
        return path.read_text("utf-8", "replace")


def _files(folder: Path, above: frozenset[str]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in above:  # a circle of links
        return
    for item in folder.iterdir():
        if item.is_dir():
            yield from _files(item, above | {real})
        elif item.suffix == ".py" and item.is_file():
            yield item
