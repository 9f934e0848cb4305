"""Pack an image layer: what a command changed in the file system it ran in, or a folder.

The same content gives the same bytes: sorted names, numeric owners, one fixed time, no access times, no
names of users, gzip without a name or a time. Runs in the base image, under its Python (3.9 or later).

    capture.py run  --root /home/airflow/.local --owner 50000:0 --out /out [--own lxml]… -- uv pip install …
    capture.py tree --source /source --target opt/airflow/dags --owner 50000:0 --out /out

Writes layer.tar.gz and layer.json (digest, size in bytes, diff_id, files, unpacked bytes) into the folder of
--out; layer.json alone, with files 0, where nothing changed. What a distribution named by --own brought goes
into a folder of that name below it, as a layer of its own.
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

# 1980-01-01, the oldest time that a ZIP file can hold: older ones break tools that zip what they find.
TIME = 315532800

# What installers leave behind and no image needs, and the trees that belong to the running container.
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
class Ownership:
    """Whose the packed files are: as found where ``user`` is none, else user, group, and group-writable."""

    user: int | None
    group: int

    def apply(self, entry: tarfile.TarInfo) -> None:
        """Set owner and mode of an entry; a mode keeps nothing but whether a file may be executed."""
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
    """Passes bytes on and keeps their sha256 and count."""

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

    def __init__(self, folder: Path, ownership: Ownership) -> None:
        """Start the layer's file in the folder, which is made where it isn't there."""
        self._folder = folder
        self._ownership = ownership
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
        """Add one file, link or folder (without what is in it); sockets and pipes are left out."""
        if stat.S_IFMT(path.lstat().st_mode) not in PACKED:
            return
        entry = self._tar.gettarinfo(str(path), arcname=name)
        if not entry.issym() and "security.capability" in os.listxattr(path):
            sys.exit(f"{path}: has file capabilities, which a layer of ours doesn't carry: drop that package")
        if entry.islnk():  # each file stands for itself, whichever link was found first
            entry.type, entry.linkname, entry.size = tarfile.REGTYPE, "", path.stat().st_size
        entry.mtime, entry.uname, entry.gname = TIME, "", ""
        self._ownership.apply(entry)
        self._files += not entry.isdir()
        self._unpacked += entry.size
        if entry.isreg():
            with path.open("rb") as content:
                self._tar.addfile(entry, content)
        else:
            self._tar.addfile(entry)

    def remove(self, name: str) -> None:
        """Hide a path of the layers below."""
        folder, _, last = name.rpartition("/")
        entry = tarfile.TarInfo(f"{folder}/{WHITEOUT}{last}" if folder else f"{WHITEOUT}{last}")
        entry.mtime = TIME
        self._files += 1
        self._tar.addfile(entry)

    def close(self) -> None:
        """Finish the file and write layer.json beside it."""
        self._tar.close()
        self._gzip.close()
        self._raw.close()
        if not self._files:
            (self._folder / "layer.tar.gz").unlink()
        told = {
            "digest": self._packed.digest,
            "size": self._packed.size,
            "diff_id": self._plain.digest,
            "files": self._files,
            "unpacked": self._unpacked,
        }
        (self._folder / "layer.json").write_text(json.dumps(told, sort_keys=True))


Mark = tuple[int, ...]


def survey(root: Path) -> dict[str, Mark]:
    """All paths below a folder, relative to /, each with what changes when it is written."""
    found: dict[str, Mark] = {}
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
                # A folder's own times change with what is in it, which is told by itself.
                found[name] = (state.st_mode, state.st_uid, state.st_gid)
            else:
                found[name] = (state.st_mode, state.st_uid, state.st_gid, state.st_size, state.st_ctime_ns)
    return found


def _is_litter(name: str) -> bool:
    return name in LITTER or _is_bytecode(name.rpartition("/")[2])


def _is_bytecode(last: str) -> bool:
    return last == "__pycache__" or last.endswith((".pyc", ".pyo"))


def brought_by(distribution: str, before: dict[str, Mark], after: dict[str, Mark]) -> dict[str, Mark]:
    """What a distribution added between two surveys: its files by its RECORD, and the new folders they need.

    Empty where the distribution was there before: what replaces files belongs to all that changed.
    """
    name = "[-_.]+".join(map(re.escape, re.split("[-_.]+", distribution)))
    record = re.compile(rf"(.*)/{name}-[^/-]+\.dist-info/RECORD", re.IGNORECASE)
    found: dict[str, Mark] = {}
    for place in after.keys() - before.keys():
        if match := record.fullmatch(place):
            rows = csv.reader(Path("/", place).read_text(encoding="utf-8").splitlines())
            for path in {os.path.normpath(f"{match[1]}/{row[0]}") for row in rows if row}:
                while path in after and path not in before:
                    found[path] = after[path]
                    path = path.rpartition("/")[0]  # noqa: PLW2901 - upwards
    return found


def without(brought: dict[str, Mark], after: dict[str, Mark]) -> dict[str, Mark]:
    """A survey without what a distribution brought; folders stay where something else is in them."""
    others = [name for name in after if name not in brought]
    needed = {str(folder) for name in others for folder in PurePosixPath(name).parents}
    return {name: mark for name, mark in after.items() if name not in brought or name in needed}


def pack_changes(layer: Layer, before: dict[str, Mark], after: dict[str, Mark]) -> None:
    """Write what is new, changed or gone between two surveys."""
    gone = before.keys() - after.keys()
    changed = [(name, False) for name, mark in after.items() if before.get(name) != mark]
    # What a removed or replaced folder held goes with it.
    removed = [(name, True) for name in gone if _still_folder(name.rpartition("/")[0], gone, after)]
    for name, is_removed in sorted(changed + removed):
        if is_removed:
            layer.remove(name)
        else:
            layer.add(Path("/", name), name)


def pack_all(
    out: Path, ownership: Ownership, own: list[str], before: dict[str, Mark], after: dict[str, Mark]
) -> None:
    """Write a layer for each distribution in ``own``, in a folder of its name, and one for all else."""
    for name in own:
        brought = brought_by(name, before, after)
        after = without(brought, after)
        layer = Layer(out / name, ownership)
        pack_changes(layer, {}, brought)
        layer.close()
    layer = Layer(out, ownership)
    pack_changes(layer, before, after)
    layer.close()


def _still_folder(name: str, gone: Set[str], after: dict[str, Mark]) -> bool:
    # The watched folder itself is in no survey, and stays.
    return name not in gone and (name not in after or stat.S_ISDIR(after[name][0]))


def pack_tree(layer: Layer, source: Path, target: str) -> None:
    """Write a folder and its content at a path of the image; what lies above that path is the base's."""
    layer.add(source, target.strip("/"))
    for path in sorted(source.rglob("*"), key=lambda found: found.relative_to(source).as_posix()):
        name = path.relative_to(source).as_posix()
        if not any(_is_bytecode(part) for part in name.split("/")):
            layer.add(path, f"{target.strip('/')}/{name}")


def _ownership(text: str) -> Ownership:
    user, group = text.split(":")
    return Ownership(int(user), int(group))


def main() -> int:
    """Run one of the two commands; the exit code is that of the command that was run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mode", choices=("run", "tree"))
    parser.add_argument("--root", type=Path, help="folder to watch")
    parser.add_argument("--source", type=Path, help="folder to pack")
    parser.add_argument("--target", help="where it goes in the image")
    parser.add_argument(
        "--owner", type=_ownership, default=Ownership(None, 0), help="uid:gid of all that is packed"
    )
    parser.add_argument("--own", action="append", default=[], help="distribution with a layer of its own")
    parser.add_argument("--out", type=Path, required=True, help="folder for layer.tar.gz and layer.json")
    # Split here: before Python 3.13 argparse loses positional arguments that follow options.
    arguments = sys.argv[1:]
    end = arguments.index("--") if "--" in arguments else len(arguments)
    given = parser.parse_args(arguments[:end])
    if given.mode == "tree":
        layer = Layer(given.out, given.owner)
        pack_tree(layer, given.source, given.target)
        layer.close()
    else:
        before = survey(given.root)
        command = arguments[end + 1 :]
        status = subprocess.run(command, check=False).returncode  # noqa: S603 - the caller's own command
        if status:
            return status
        after = survey(given.root)  # before a layer is begun, which may be in the watched folder
        pack_all(given.out, given.owner, given.own, before, after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
