"""Answers of earlier parses: files that were parsed by the same programs in the same environment before.

Only root can write them, which no DAG file runs as.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DAYS = 30  # an answer that no test read in this time is removed


class Answers:
    """A folder of answers by what they depend on; ``common`` is what all of them depend on."""

    def __init__(self, folder: Path, common: object) -> None:
        """Take a folder, which must exist, and close it to other users."""
        self._folder = folder
        self._common = json.dumps(common, sort_keys=True)
        folder.chmod(0o700)
        _remove_old(folder)

    def key(self, own: object, files: Path) -> str:
        """Return the name of an answer: the digest of all that it depends on, and of a tree of files."""
        content = hashlib.sha256(f"{self._common}\n{json.dumps(own)}\n".encode())
        for line in tree(files):
            content.update(line.encode(errors="surrogateescape"))
        return content.hexdigest()

    def get(self, key: str) -> dict[str, Any] | None:
        """Return an answer, if it is known."""
        file = self._folder / key
        try:
            answer = json.loads(file.read_text(encoding="utf-8"))
            os.utime(file)
        except (OSError, ValueError):
            return None
        return answer

    def put(self, key: str, answer: dict[str, Any]) -> None:
        """Keep an answer; other containers may do the same at that moment."""
        written = self._folder / f"{key}.{os.getpid()}-{time.monotonic_ns()}"
        written.write_text(json.dumps(answer, sort_keys=True), encoding="utf-8")
        written.replace(self._folder / key)


def tree(root: Path) -> Iterator[str]:
    """Yield a line for each path of a tree, in order, with its mode and the digest or target it has."""
    for path in sorted(root.rglob("*")):
        mode = path.lstat().st_mode
        if path.is_symlink():
            content = str(path.readlink())
        else:
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        yield f"{path.relative_to(root)}\0{mode:o}\0{content}\n"


def _remove_old(folder: Path) -> None:
    oldest = time.time() - DAYS * 86400
    for file in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another container removes it, too
            if file.stat().st_mtime < oldest:
                file.unlink()
