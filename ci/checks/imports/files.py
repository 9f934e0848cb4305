"""The text of a repository's Python files, with those in archives and behind links."""

import io
import os
import tokenize
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ...config.dag_type import TREES

MEMBER = 2**20  # bytes of a file in an archive; a longer one isn't read
ARCHIVE = 2**25  # bytes that are read of one archive


def read(root: Path) -> dict[str, str]:
    """Return the text of every Python file of dags/ and scripts/, by path from the repository's root.

    A file in an archive of DAGs has a path as if the archive were a folder: dags/crm/packed.zip/dag.py.
    """
    texts: dict[str, str] = {}
    for tree in TREES:
        for path in _files(root / tree, frozenset()) if (root / tree).is_dir() else ():
            relative = path.relative_to(root).as_posix()
            if path.suffix == ".py":
                texts[relative] = text_of(path.read_bytes())
            elif tree == "dags":
                texts |= {f"{relative}/{name}": text_of(content) for name, content in _members(path)}
    return dict(sorted(texts.items()))


def text_of(content: bytes) -> str:
    """Return a file as Python decodes it: by its BOM or coding comment, else as UTF-8."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return io.TextIOWrapper(io.BytesIO(content), encoding, "replace").read()
    except (SyntaxError, LookupError, ValueError):  # an unknown encoding, or none of text
        # The parsing of DAG files reports what can't be decoded.
        return io.TextIOWrapper(io.BytesIO(content), "utf-8", "replace").read()


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the Python files of an archive, in its order; of a damaged one those before the damage."""
    left = ARCHIVE
    try:
        with zipfile.ZipFile(archive) as packed:
            for member in packed.infolist():
                if not _is_python(member) or member.file_size > min(MEMBER, left):
                    continue
                with packed.open(member) as file:
                    content = file.read(member.file_size)
                left -= len(content)
                yield member.filename, content
    except Exception:  # noqa: BLE001 - damaged data fails in many ways, and the parsing of DAG files reports it
        return


def _is_python(member: zipfile.ZipInfo) -> bool:
    name = member.filename
    plain = not name.startswith("/") and ".." not in PurePosixPath(name).parts and name.isprintable()
    return plain and name.endswith(".py")


def _files(folder: Path, above: frozenset[str]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in above:  # links in a circle
        return
    for item in folder.iterdir():
        if item.is_dir():
            yield from _files(item, above | {real})
        elif item.suffix in {".py", ".zip"} and item.is_file():
            yield item
