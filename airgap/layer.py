"""What goes into an image's layer, and its bytes: a sorted tar with fixed times, compressed in parallel."""

import filecmp
import hashlib
import os
import stat
import struct
import tarfile
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, cast

from airgap.errors import AirgapError

_BLOCK = 1024 * 1024  # bytes of tar that are compressed at a time
_WINDOW = 32 * 1024  # deflate looks back that far, so each block starts with the end of the one before
_LEVEL = 6
_KEPT = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)


def files_of(
    root: Path, *, below: Path | None = None, where: Callable[[str], bool] = lambda _: True
) -> Iterator[tuple[str, Path]]:
    """Give (name, path) of the files, folders and links under the root, sorted by name, without the root.

    With `below`, the root file system under this layer, only what differs from it. `where` takes a name such
    as `usr/bin/git` and says whether it belongs to the layer. Raises AirgapError where `below` has a file
    that the root lacks: a layer can't take it away.
    """
    names = set(_names(root))
    if below:
        lost = sorted(name for name in set(_names(below)) - names if where(name))
        if lost:
            raise AirgapError(
                f"{root / lost[0]} is missing, but {below}, which lies below this layer, has it"
            )
    for name in sorted(names):
        path = root / name
        if where(name) and not (below and _same(path, below / name)):
            yield name, path


def write_tar_gzip(target: BinaryIO, files: Iterable[tuple[str, Path]], time: int) -> tuple[str, str, int]:
    """Write files as a gzip-compressed tar; return the sha256 of the tar, of the gzip file, and its size.

    `files` are pairs of a name and where it lies. Each gets the time, in seconds since 1970, and keeps its
    mode, numeric owner and links. The bytes depend on the machine's zlib, not on its processors.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        stream = _Gzip(target, pool)
        # tarfile calls nothing but write() on what it streams to.
        with tarfile.open(fileobj=cast(BinaryIO, stream), mode="w|", format=tarfile.PAX_FORMAT) as archive:
            for name, path in files:
                entry = archive.gettarinfo(path, name)
                entry.mtime = time
                entry.uname = entry.gname = ""
                if entry.isreg():
                    with path.open("rb") as content:
                        archive.addfile(entry, content)
                else:
                    archive.addfile(entry)
        stream.finish()
    return stream.tar_digest.hexdigest(), stream.gzip_digest.hexdigest(), stream.size


def _names(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = os.path.join(folder, name)  # noqa: PTH118 -- a hundred thousand Path objects take seconds
            if any(kept(os.lstat(path).st_mode) for kept in _KEPT):
                yield os.path.relpath(path, root)


def _same(one: Path, other: Path) -> bool:
    try:
        ours, theirs = one.lstat(), other.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    if (ours.st_mode, ours.st_uid, ours.st_gid) != (theirs.st_mode, theirs.st_uid, theirs.st_gid):
        return False
    if stat.S_ISLNK(ours.st_mode):
        return one.readlink() == other.readlink()
    return stat.S_ISDIR(ours.st_mode) or filecmp.cmp(one, other, shallow=False)


class _Gzip:
    """A gzip file written in blocks that are compressed side by side; hashes what comes in and goes out."""

    def __init__(self, target: BinaryIO, pool: ThreadPoolExecutor) -> None:
        self.tar_digest = hashlib.sha256()
        self.gzip_digest = hashlib.sha256()
        self.size = 0
        self._target = target
        self._pool = pool
        self._waiting = bytearray()
        self._last = b""
        self._crc = 0
        self._length = 0
        self._blocks: deque[Future[bytes]] = deque()
        self._emit(b"\x1f\x8b\x08\x00" + bytes(4) + b"\x00\xff")  # no name, no time, no operating system

    def write(self, data: bytes) -> int:
        """Take the next bytes; return how many."""
        self._waiting += data
        while len(self._waiting) >= _BLOCK:
            self._submit(bytes(self._waiting[:_BLOCK]), last=False)
            del self._waiting[:_BLOCK]
        return len(data)

    def finish(self) -> None:
        """Write what is still being compressed, and the end of the file."""
        self._submit(bytes(self._waiting), last=True)
        while self._blocks:
            self._emit(self._blocks.popleft().result())
        self._emit(struct.pack("<II", self._crc, self._length & 0xFFFFFFFF))

    def _submit(self, block: bytes, *, last: bool) -> None:
        self._blocks.append(self._pool.submit(_deflate, block, self._last, last=last))
        self._last = block[-_WINDOW:]
        self.tar_digest.update(block)
        self._crc = zlib.crc32(block, self._crc)
        self._length += len(block)
        while len(self._blocks) > 2 * (os.cpu_count() or 1):  # so that memory holds a few blocks only
            self._emit(self._blocks.popleft().result())

    def _emit(self, data: bytes) -> None:
        self.gzip_digest.update(data)
        self.size += len(data)
        self._target.write(data)


def _deflate(block: bytes, before: bytes, *, last: bool) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, before)
    return packer.compress(block) + packer.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
