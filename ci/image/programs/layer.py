"""An image layer that is being written: the same content gives the same bytes.

Numeric owners, one fixed time, no access times, no names of users, gzip without a name or a time. Runs in
the base image, under its Python (3.9 or later).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import stat
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

WHITEOUT = ".wh."  # OCI image specification, layer.md
PACKED = frozenset({stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK})


@dataclass(frozen=True)
class Stamp:
    """Time and owner of all packed files: the owner they have if ``user`` is None, else group-writable."""

    time: int
    user: int | None
    group: int

    def apply(self, entry: tarfile.TarInfo) -> None:
        """Set time, owner and mode of an entry; of its mode, only whether it may be executed is kept."""
        entry.mtime, entry.uname, entry.gname = self.time, "", ""
        if self.user is None:
            return
        entry.uid, entry.gid = self.user, self.group
        if entry.issym():
            entry.mode = 0o777
        elif entry.isdir() or entry.mode & 0o100:
            entry.mode = 0o775
        else:
            entry.mode = 0o664


class _Digester(io.RawIOBase):
    """A file that passes bytes on and keeps their sha256 and count."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self.sha256 = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def write(self, data: object) -> int:
        block = bytes(cast("bytes", data))
        self.sha256.update(block)
        self.size += len(block)
        self._sink.write(block)
        return len(block)

    @property
    def digest(self) -> str:
        return f"sha256:{self.sha256.hexdigest()}"


class Layer:
    """A layer being written into a folder; paths are relative to the image's root."""

    def __init__(self, folder: Path, stamp: Stamp, *, plain: bool = False) -> None:
        """Begin the layer's file in the folder, which may not exist yet; ``plain``: don't compress."""
        self._folder = folder
        self._stamp = stamp
        self._files = 0
        self._unpacked = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / ("layer.tar" if plain else "layer.tar.gz")
        self._raw = self._file.open("wb")
        self._packed = _Digester(self._raw)
        packed = cast("BinaryIO", self._packed)
        self._gzip = (
            packed
            if plain
            else gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=packed, mtime=0)
        )
        self._plain = _Digester(cast("BinaryIO", self._gzip))
        sink = cast("BinaryIO", self._plain)
        self._tar = tarfile.open(fileobj=sink, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - see close()

    def add(self, path: Path, name: str) -> None:
        """Add one file, link or folder (without its content), unless it is a socket or a pipe."""
        if stat.S_IFMT(path.lstat().st_mode) not in PACKED:
            return
        entry = self._tar.gettarinfo(str(path), arcname=name)
        if not entry.issym() and "security.capability" in os.listxattr(path):
            sys.exit(f"{path}: has file capabilities, which layers can't carry: drop that package")
        if entry.islnk():  # every name is a file of its own, whichever link comes first
            entry.type, entry.linkname, entry.size = tarfile.REGTYPE, "", path.stat().st_size
        self._stamp.apply(entry)
        self._files += not entry.isdir()
        self._unpacked += entry.size
        if entry.isreg():
            with path.open("rb") as content:
                self._tar.addfile(entry, content)
        else:
            self._tar.addfile(entry)

    def remove(self, name: str) -> None:
        """Add an entry that hides a path of lower layers."""
        folder, _, last = name.rpartition("/")
        entry = tarfile.TarInfo(f"{folder}/{WHITEOUT}{last}" if folder else f"{WHITEOUT}{last}")
        entry.mtime = self._stamp.time
        self._files += 1
        self._tar.addfile(entry)

    def close(self) -> None:
        """Finish the file, and write layer.json beside it: digest, size in bytes, diff_id, and so on.

        Without a file, link or removal there is only layer.json, with files 0.
        """
        self._tar.close()
        self._gzip.close()
        self._raw.close()
        if not self._files:
            self._file.unlink()
        description = {
            "digest": self._packed.digest,
            "size": self._packed.size,
            "diff_id": self._plain.digest,
            "files": self._files,
            "unpacked": self._unpacked,
        }
        (self._folder / "layer.json").write_text(json.dumps(description, sort_keys=True))
