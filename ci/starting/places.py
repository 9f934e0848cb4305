"""The files that a COPY names, and whether it puts them where an image has them."""

import posixpath
import re
from collections.abc import Collection
from pathlib import PurePosixPath

from .variables import HOME

_PATTERN = re.compile(r"[*?\[]")


def named_below(tree: str, pattern: str, files: Collection[str]) -> set[str]:
    """What a source names below a tree, where it may be a pattern; paths are below the tree."""
    if not _PATTERN.search(pattern):
        return {pattern}
    depth = len(PurePosixPath(pattern).parts)
    below = [file for file in files if file.startswith(f"{tree}/")]
    paths = {PurePosixPath(*PurePosixPath(file).parts[1 : depth + 1]) for file in below}
    return {str(path) for path in paths if path.match(pattern)}


def same_place(path: str, target: str, files: Collection[str]) -> bool:
    """Whether a COPY puts a path where an image has it; of a folder, it copies what is inside."""
    own = f"{HOME}/{path}"
    is_file = path in files or _PATTERN.search(path) is not None
    return target == own or (is_file and target == posixpath.dirname(own))
