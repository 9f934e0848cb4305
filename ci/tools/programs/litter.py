"""Litter: what tools leave beside DAGs and scripts. It is in no image, and no change of a working tree.

One rule for what is uploaded and packed (``ci/tools/checkout.py``), and for what is compared with commits.
"""

from __future__ import annotations

import shutil
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

UNNAMED = ("__pycache__", "*.py[co]", ".DS_Store")  # so common that no message names them
_HISTORIES = (".git", ".hg", ".svn", ".bzr", "_darcs", ".jj", ".pijul", ".sl", ".fslckout", ".dvc")
_EDITORS = (".idea", ".vscode", ".vs", ".fleet", ".zed", ".spyproject")
_CACHES = (
    *(".venv", ".virtualenv", ".direnv", ".pixi", "node_modules", "__pypackages__", ".eggs"),
    *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".pytype", ".pyre", ".ropeproject"),
    *(".tox", ".nox", ".terraform", ".ipynb_checkpoints", ".cache", ".coverage", ".uv-cache"),
)
NAMED = (*_HISTORIES, *_EDITORS, *_CACHES)
# Files of editors and desktops: swap files, backups, locks.
_FILES = (".*.sw[a-p]", "*~", "#*#", ".#*", "Thumbs.db", "desktop.ini", "._*")
# What a folder has in it that is litter whatever its name: an environment of Python or Conda, a cache
# (https://bford.info/cachedir), a bare clone of git, a folder of CVS.
_MARKS = (
    {"pyvenv.cfg"},
    {"conda-meta"},
    {"CACHEDIR.TAG"},
    {"HEAD", "objects", "refs"},
    {"Entries", "Repository", "Root"},
)


def is_unnamed(name: str) -> bool:
    """Return whether a name is that of litter that no message names."""
    return any(fnmatchcase(name, pattern) for pattern in UNNAMED)


def is_litter(name: str, inside: Collection[str] = ()) -> bool:
    """Return whether a file or folder is litter, by its name and the names of what is inside it."""
    if name in NAMED or is_unnamed(name) or any(mark.issubset(inside) for mark in _MARKS):
        return True
    return any(fnmatchcase(name, pattern) for pattern in _FILES)


def is_litter_at(path: Path) -> bool:
    """Return whether what is at a path is litter."""
    inside = {item.name for item in path.iterdir()} if path.is_dir() and not path.is_symlink() else ()
    return is_litter(path.name, inside)


def files(folder: Path) -> Iterator[Path]:
    """Yield the files and links below a folder, sorted, without litter, sockets and pipes."""
    for item in sorted(folder.iterdir()):
        if is_litter_at(item):
            continue
        if item.is_dir() and not item.is_symlink():
            yield from files(item)
        elif item.is_file() or item.is_symlink():
            yield item


def remove(folder: Path) -> Iterator[Path]:
    """Remove the litter below a folder, and yield the paths that a message should name, sorted."""
    for item in sorted(folder.iterdir()):
        is_folder = item.is_dir() and not item.is_symlink()
        if is_litter_at(item):
            if is_folder:
                shutil.rmtree(item)
            else:
                item.unlink()
            if not is_unnamed(item.name):
                yield item
        elif is_folder:
            yield from remove(item)
