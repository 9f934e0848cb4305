"""Where airgap keeps things: one cache folder that can be thrown away, and how folders are removed safely."""

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

from airgap.errors import AirgapError

PROJECT = Path(__file__).resolve().parent.parent


def cache_folder() -> Path:
    """Return `${XDG_CACHE_HOME:-~/.cache}/airflow-images`; a relative XDG_CACHE_HOME counts as unset."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "airflow-images"


def digest_of(*parts: str | bytes | Path) -> str:
    """Return the hex sha256 over the parts, in order.

    A Path counts by its content: a file's bytes, or for a folder the sorted relative names, executable
    bits, links and bytes below it (`__pycache__` left out). Neighbouring parts never run into one another.
    """
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            kind, data = b"path", _path_digest(part)
        else:
            kind, data = b"data", part.encode() if isinstance(part, str) else part
        total.update(kind + len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


def _path_digest(path: Path) -> bytes:
    if not path.is_dir():
        return _file_digest(path)
    total = hashlib.sha256()
    for item in sorted(path.rglob("*")):
        if "__pycache__" not in item.parts and (item.is_symlink() or not item.is_dir()):
            total.update(f"{item.relative_to(path)}\0".encode() + _file_digest(item))
    return total.digest()


def _file_digest(path: Path) -> bytes:
    if path.is_symlink():
        return hashlib.sha256(f"link {path.readlink()}".encode()).digest()
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").digest()
    executable = b"x" if path.stat().st_mode & 0o100 else b"-"
    return hashlib.sha256(executable + content).digest()


def mounts_under(folder: Path, table: str | None = None) -> list[Path]:
    """Return the mount points at or below the folder, deepest first (`table`: as /proc/self/mountinfo)."""
    text = Path("/proc/self/mountinfo").read_text() if table is None else table
    escaped = (line.split(" ")[4] for line in text.splitlines())
    points = [Path(point.encode().decode("unicode_escape").encode("latin-1").decode()) for point in escaped]
    return sorted((p for p in points if p.is_relative_to(folder)), key=lambda p: len(p.parts), reverse=True)


def remove_tree(folder: Path) -> None:
    """Remove a folder and all below it, unmounting first what is mounted there.

    Raises AirgapError where something stays mounted: deleting through it would hit the machine's own files.
    """
    if not folder.exists() and not folder.is_symlink():
        return
    for point in mounts_under(folder.resolve()):
        subprocess.run(["umount", "-l", str(point)], check=False, capture_output=True)
    left = mounts_under(folder.resolve())
    if left:
        raise AirgapError(
            f"{left[0]} is still mounted, so {folder} is not removed: run `umount {left[0]}` and try again"
        )
    for attempt in range(3):
        # What a killed run started may still write here for a moment.
        shutil.rmtree(folder, ignore_errors=attempt < 2)
        if not folder.exists():
            return
        time.sleep(0.5)
