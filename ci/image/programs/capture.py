"""Pack an image layer: the changes of a command to the file system it runs in, or a folder.

Runs in the base image, under its Python (3.9 or later).

    capture run  --time 315532800 --root /home/airflow/.local --owner 50000:0 --out /out -- uv pip …
    capture tree --time 315532800 --source /source --target opt/airflow/dags --owner 50000:0 --out /out
    capture list --time 315532800 --list PATHS.json --out /out

Writes layer.tar.gz and layer.json into the folder of --out, then the empty file of --made. The files of a
distribution named by --own, or of at least --heavy bytes, become a layer of their own, in a folder of its
name in that one; --most of them. Byte code of others is left out; with --bytecode the files get one that is
made here.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Set  # noqa: PYI025 - short, and no other set is named here
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.util import cache_from_source
from pathlib import Path

from . import bytecode
from .layer import Layer, Stamp

# Leftovers of installers that no image needs, and the trees that belong to the running container.
LITTER = frozenset(
    {
        *("dev", "proc", "run", "sys", "tmp", "var/cache", "var/lib/apt/lists", "var/log", "var/tmp"),
        *("var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend", "var/lib/dpkg/triggers/Lock"),
        *(f"var/lib/dpkg/{name}-old" for name in ("diversions", "statoverride", "status")),
    }
)
RECORD = re.compile(r"(.*)/([^/]+)-[^/-]+\.dist-info/RECORD")

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
            marks[name] = _mark(state)
    return marks


def _mark(state: os.stat_result) -> Mark:
    if stat.S_ISDIR(state.st_mode):
        # A folder's own times change with its content, which has marks of its own.
        return (state.st_mode, state.st_uid, state.st_gid)
    return (state.st_mode, state.st_uid, state.st_gid, state.st_size, state.st_ctime_ns)


def with_bytecode(before: dict[str, Mark], after: dict[str, Mark]) -> dict[str, Mark]:
    """Return a survey with byte code for the Python files that are new or changed."""
    changed = [name for name, mark in after.items() if before.get(name) != mark and stat.S_ISREG(mark[0])]
    sources = [f"/{name}" for name in changed if name.endswith(".py")]
    written = [Path(file) for file, _ in bytecode.compiled([(file, file) for file in sources])]
    made = {path for file in written for path in (file, file.parent)}
    return {**after, **{str(path).lstrip("/"): _mark(path.lstat()) for path in made}}


def _is_litter(name: str) -> bool:
    return name in LITTER or _is_bytecode(name.rpartition("/")[2])


def _is_bytecode(last: str) -> bool:
    return last == "__pycache__" or last.endswith((".pyc", ".pyo"))


def brought(before: dict[str, Mark], after: dict[str, Mark]) -> dict[str, dict[str, Mark]]:
    """Return what distributions added between two surveys, by canonical name: their files and new folders.

    Replaced files aren't among them: they belong to the layer of all changes.
    """
    added: dict[str, dict[str, Mark]] = {}
    for new in after.keys() - before.keys():
        if match := RECORD.fullmatch(new):
            files = added.setdefault(re.sub("[-_.]+", "-", match[2]).lower(), {})
            rows = csv.reader(Path("/", new).read_text(encoding="utf-8").splitlines())
            paths = {os.path.normpath(f"{match[1]}/{row[0]}") for row in rows if row}
            for path in paths | {cache_from_source(path) for path in paths if path.endswith(".py")}:
                while path in after and path not in before:
                    files[path] = after[path]
                    path = path.rpartition("/")[0]  # noqa: PLW2901 - upwards
    return added


@dataclass(frozen=True)
class Apart:
    """Which distributions get a layer: those in ``own``, then the largest of ``heavy`` bytes or more."""

    own: list[str]
    heavy: int
    most: int

    def names(self, added: dict[str, dict[str, Mark]]) -> list[str]:
        """Return at most ``most`` names of those that were added, by the paths of each."""
        large: list[tuple[int, str]] = []
        for name, files in added.items():
            size = sum(mark[3] for mark in files.values() if not stat.S_ISDIR(mark[0]))
            if size >= self.heavy and name not in self.own:
                large.append((-size, name))
        return [*(name for name in self.own if name in added), *(name for _, name in sorted(large))][
            : self.most
        ]


def without(brought: Set[str], after: dict[str, Mark]) -> dict[str, Mark]:
    """Return a survey without the files of distributions; folders with other content stay."""
    kept = after.keys() - brought
    for name in tuple(kept):
        folder = name.rpartition("/")[0]
        while folder in brought and folder not in kept:
            kept.add(folder)
            folder = folder.rpartition("/")[0]
    return {name: mark for name, mark in after.items() if name in kept}


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
    out: Path, begin: Callable[[Path], Layer], apart: Apart, before: dict[str, Mark], after: dict[str, Mark]
) -> None:
    """Write a layer for each distribution apart, in a folder of its name, and one for the rest, at once."""
    added = brought(before, after)
    names = apart.names(added)
    rest = without({path for name in names for path in added[name]}, after)

    def pack(folder: Path, before: dict[str, Mark], after: dict[str, Mark]) -> None:
        layer = begin(folder)
        pack_changes(layer, before, after)
        layer.close()

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # compression and digests let other threads run
        packed = [pool.submit(pack, out / name, {}, added[name]) for name in names]
        packed.append(pool.submit(pack, out, before, rest))
    for done in packed:
        done.result()


def _still_folder(name: str, gone: Set[str], after: dict[str, Mark]) -> bool:
    # The watched folder itself isn't in a survey, and stays.
    return name not in gone and (name not in after or stat.S_ISDIR(after[name][0]))


def pack_tree(layer: Layer, source: Path, target: str, *, with_bytecode: bool = False) -> None:
    """Write a folder and its content at a path of the image; the folders above are the base's.

    A folder without a file is left out: no commit has it.
    """
    layer.add(source, target.strip("/"))
    files = [path.relative_to(source) for path in source.rglob("*") if path.is_symlink() or path.is_file()]
    packed = [file for file in files if not any(map(_is_bytecode, file.parts))]
    if with_bytecode:
        sources = [file for file in packed if file.suffix == ".py" and not (source / file).is_symlink()]
        pairs = [(str(source / file), f"/{target.strip('/')}/{file.as_posix()}") for file in sources]
        packed += [Path(file).relative_to(source) for file, _ in bytecode.compiled(pairs)]
    folders = {folder for file in packed for folder in file.parents if folder.name}
    for path in sorted({*packed, *folders}, key=Path.as_posix):
        layer.add(source / path, f"{target.strip('/')}/{path.as_posix()}")


def _owner(text: str) -> tuple[int, int]:
    user, group = text.split(":")
    return int(user), int(group)


def main() -> int:
    """Run one of the commands; the exit code is that of the command that was run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mode", choices=("run", "tree", "list"))
    parser.add_argument("--root", type=Path, help="folder to watch")
    parser.add_argument("--source", type=Path, help="folder to pack")
    parser.add_argument("--target", help="its path in the image")
    parser.add_argument("--list", type=Path, help="file with the paths to pack, absolute, as JSON")
    parser.add_argument("--time", type=int, required=True, help="time of all packed files, in seconds")
    parser.add_argument("--owner", type=_owner, default=(None, 0), help="uid:gid of all packed files")
    parser.add_argument("--own", action="append", default=[], help="distribution with a layer of its own")
    parser.add_argument("--heavy", type=int, default=sys.maxsize, help="bytes that are worth a layer")
    parser.add_argument("--most", type=int, default=sys.maxsize, help="layers of distributions")
    parser.add_argument("--bytecode", action="store_true", help="add byte code")
    parser.add_argument("--plain", action="store_true", help="don't compress")
    parser.add_argument("--out", type=Path, required=True, help="folder of the layers")
    parser.add_argument("--made", type=Path, help="file that says that the layers were made")
    # Split here: before Python 3.13 argparse loses positional arguments that follow options.
    arguments = sys.argv[1:]
    end = arguments.index("--") if "--" in arguments else len(arguments)
    given = parser.parse_args(arguments[:end])
    begin = partial(Layer, stamp=Stamp(given.time, *given.owner), plain=given.plain)
    if given.mode == "run":
        before = survey(given.root)
        command = arguments[end + 1 :]
        status = subprocess.run(command, check=False).returncode  # noqa: S603 - the caller's own command
        if status:
            return status
        after = survey(given.root)  # before a layer begins, which may be in the watched folder
        after = with_bytecode(before, after) if given.bytecode else after
        pack_all(given.out, begin, Apart(given.own, given.heavy, given.most), before, after)
    else:
        layer = begin(given.out)
        if given.mode == "tree":
            pack_tree(layer, given.source, given.target, with_bytecode=given.bytecode)
        else:
            for path in sorted(json.loads(given.list.read_text(encoding="utf-8"))):
                layer.add(Path(path), path.lstrip("/"))
        layer.close()
    if given.made:
        given.made.touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
