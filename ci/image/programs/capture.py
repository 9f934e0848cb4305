"""Pack an image layer: the changes of a command to the file system it runs in, or a folder.

The same content gives the same bytes: sorted names, numeric owners, one fixed time, no access times, no
names of users, gzip without a name or a time. Runs in the base image, under its Python (3.9 or later).

    capture.py run  --time 315532800 --root /home/airflow/.local --owner 50000:0 --out /out -- uv pip …
    capture.py tree --time 315532800 --source /source --target opt/airflow/dags --owner 50000:0 --out /out

Writes layer.tar.gz and layer.json (digest, size in bytes, diff_id, files, unpacked bytes) into the folder of
--out; only layer.json, with files 0, if nothing changed. The files of a distribution named by --own become a
layer of their own, in a folder of that name in it.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import io
import json
import os
import re
import stat
import subprocess
import sys
import tarfile
from collections.abc import Set  # noqa: PYI025 - short, and no other set is named here
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

# Leftovers of installers that no image needs, and the trees that belong to the running container.
LITTER = frozenset(
    {
        *("dev", "proc", "run", "sys", "tmp", "var/cache", "var/lib/apt/lists", "var/log", "var/tmp"),
        *("var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend", "var/lib/dpkg/triggers/Lock"),
        *(f"var/lib/dpkg/{name}-old" for name in ("diversions", "statoverride", "status")),
    }
)
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

    def __init__(self, folder: Path, stamp: Stamp) -> None:
        """Begin the layer's file in the folder, which is made if it doesn't exist."""
        self._folder = folder
        self._stamp = stamp
        self._files = 0
        self._unpacked = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._raw = (folder / "layer.tar.gz").open("wb")
        self._packed = _Digester(self._raw)
        self._gzip = gzip.GzipFile(
            filename="", mode="wb", compresslevel=6, fileobj=cast("BinaryIO", self._packed), mtime=0
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
        """Finish the file, and write layer.json beside it."""
        self._tar.close()
        self._gzip.close()
        self._raw.close()
        if not self._files:
            (self._folder / "layer.tar.gz").unlink()
        description = {
            "digest": self._packed.digest,
            "size": self._packed.size,
            "diff_id": self._plain.digest,
            "files": self._files,
            "unpacked": self._unpacked,
        }
        (self._folder / "layer.json").write_text(json.dumps(description, sort_keys=True))


Mark = tuple[int, ...]


def survey(root: Path) -> dict[str, Mark]:
    """Return all paths below a folder, relative to /, each with a mark that changes with every write."""
    marks: dict[str, Mark] = {}
    device = root.stat().st_dev
    folders = [root]
    while folders:
        folder = folders.pop()
        for item in os.scandir(folder):
            name = item.path.lstrip("/")
            if _is_litter(name):
                continue
            state = item.stat(follow_symlinks=False)
            if stat.S_ISDIR(state.st_mode):
                if state.st_dev != device:  # a mount of the container, no part of the image
                    continue
                folders.append(Path(item.path))
                # A folder's own times change with its content, which has marks of its own.
                marks[name] = (state.st_mode, state.st_uid, state.st_gid)
            else:
                marks[name] = (state.st_mode, state.st_uid, state.st_gid, state.st_size, state.st_ctime_ns)
    return marks


def _is_litter(name: str) -> bool:
    return name in LITTER or _is_bytecode(name.rpartition("/")[2])


def _is_bytecode(last: str) -> bool:
    return last == "__pycache__" or last.endswith((".pyc", ".pyo"))


def brought_by(distribution: str, before: dict[str, Mark], after: dict[str, Mark]) -> dict[str, Mark]:
    """Return what a distribution added between two surveys: its files by its RECORD, with new folders around.

    Empty for a distribution that was installed before: replaced files belong to the layer of all changes.
    """
    name = "[-_.]+".join(map(re.escape, re.split("[-_.]+", distribution)))
    record = re.compile(rf"(.*)/{name}-[^/-]+\.dist-info/RECORD", re.IGNORECASE)
    added: dict[str, Mark] = {}
    for new in after.keys() - before.keys():
        if match := record.fullmatch(new):
            rows = csv.reader(Path("/", new).read_text(encoding="utf-8").splitlines())
            for path in {os.path.normpath(f"{match[1]}/{row[0]}") for row in rows if row}:
                while path in after and path not in before:
                    added[path] = after[path]
                    path = path.rpartition("/")[0]  # noqa: PLW2901 - upwards
    return added


def without(brought: dict[str, Mark], after: dict[str, Mark]) -> dict[str, Mark]:
    """Return a survey without the files of a distribution; folders with other content stay."""
    others = [name for name in after if name not in brought]
    needed = {str(folder) for name in others for folder in PurePosixPath(name).parents}
    return {name: mark for name, mark in after.items() if name not in brought or name in needed}


def pack_changes(layer: Layer, before: dict[str, Mark], after: dict[str, Mark]) -> None:
    """Write all that is new, changed or gone between two surveys."""
    gone = before.keys() - after.keys()
    changed = [(name, False) for name, mark in after.items() if before.get(name) != mark]
    # The content of a removed or replaced folder needs no entry.
    removed = [(name, True) for name in gone if _still_folder(name.rpartition("/")[0], gone, after)]
    for name, is_removed in sorted(changed + removed):
        if is_removed:
            layer.remove(name)
        else:
            layer.add(Path("/", name), name)


def pack_all(
    out: Path, stamp: Stamp, own: list[str], before: dict[str, Mark], after: dict[str, Mark]
) -> None:
    """Write a layer for each distribution in ``own``, in a folder of its name, and one for the rest."""
    for name in own:
        brought = brought_by(name, before, after)
        after = without(brought, after)
        layer = Layer(out / name, stamp)
        pack_changes(layer, {}, brought)
        layer.close()
    layer = Layer(out, stamp)
    pack_changes(layer, before, after)
    layer.close()


def _still_folder(name: str, gone: Set[str], after: dict[str, Mark]) -> bool:
    # The watched folder itself isn't in a survey, and stays.
    return name not in gone and (name not in after or stat.S_ISDIR(after[name][0]))


def pack_tree(layer: Layer, source: Path, target: str) -> None:
    """Write a folder and its content at a path of the image; the folders above are the base's.

    A folder without a file is left out: no commit has it.
    """
    layer.add(source, target.strip("/"))
    files = [path.relative_to(source) for path in source.rglob("*") if path.is_symlink() or path.is_file()]
    packed = [file for file in files if not any(map(_is_bytecode, file.parts))]
    folders = {folder for file in packed for folder in file.parents if folder.name}
    for path in sorted({*packed, *folders}, key=Path.as_posix):
        layer.add(source / path, f"{target.strip('/')}/{path.as_posix()}")


def _owner(text: str) -> tuple[int, int]:
    user, group = text.split(":")
    return int(user), int(group)


def main() -> int:
    """Run one of the two commands; the exit code is that of the command that was run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mode", choices=("run", "tree"))
    parser.add_argument("--root", type=Path, help="folder to watch")
    parser.add_argument("--source", type=Path, help="folder to pack")
    parser.add_argument("--target", help="its path in the image")
    parser.add_argument("--time", type=int, required=True, help="time of all packed files, in seconds")
    parser.add_argument("--owner", type=_owner, default=(None, 0), help="uid:gid of all packed files")
    parser.add_argument("--own", action="append", default=[], help="distribution with a layer of its own")
    parser.add_argument("--out", type=Path, required=True, help="folder for layer.tar.gz and layer.json")
    # Split here: before Python 3.13 argparse loses positional arguments that follow options.
    arguments = sys.argv[1:]
    end = arguments.index("--") if "--" in arguments else len(arguments)
    given = parser.parse_args(arguments[:end])
    stamp = Stamp(given.time, *given.owner)
    if given.mode == "tree":
        layer = Layer(given.out, stamp)
        pack_tree(layer, given.source, given.target)
        layer.close()
    else:
        before = survey(given.root)
        command = arguments[end + 1 :]
        status = subprocess.run(command, check=False).returncode  # noqa: S603 - the caller's own command
        if status:
            return status
        after = survey(given.root)  # before a layer begins, which may be in the watched folder
        pack_all(given.out, stamp, given.own, before, after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
