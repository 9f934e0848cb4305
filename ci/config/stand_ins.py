"""Files that stand for others which aren't here: of Git LFS, git-annex and DVC, and submodules."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from . import type_files
from .dag_type import TREES, DagType

_LIMIT = 64 * 1024  # bytes of a file of DVC that are read
_LFS = re.compile(rb"version https://(?:git-lfs|hawser)\.github\.com/spec/[^\n]*\n(?:[^\n]*\n)*?oid ")
_POINTER = 1024  # bytes that a pointer has at most (git-lfs's docs/spec.md)
# A pointer file, and a link where a file system has none (git-annex's doc/internals/pointer_file.mdwn).
_ANNEX = re.compile(rb"(?:/annex/objects/|(?:\.\./)*\.git/(?:modules/[^\n]*/)?annex/objects/)[^\n/]")
_ANNEX_LINK = re.compile(r"(?:^|/)\.git/(?:.*/)?annex/objects/")


def problems(root: Path, dag_type: DagType) -> list[str]:
    """Return a sentence for each file of a DAG type that stands for another one, sorted by path.

    Args:
        root: the project's folder; its .gitmodules names submodules.
        dag_type: the type.
    """
    remedies = {path: _remedy(path, file) for path, file in type_files.walk(root, dag_type)}
    sentences = {path: f"{path}: {remedy}" for path, remedy in remedies.items() if remedy}
    return [sentences[path] for path in sorted(sentences)] + absent_submodules(root, dag_type)


def absent_submodules(root: Path, dag_type: DagType) -> list[str]:
    """Return a sentence for each submodule without files that a DAG type has, or is in; sorted by path."""
    packed = [PurePosixPath(tree, path) for tree, paths in dag_type.paths.items() for path in paths]
    return [
        f"{submodule}: is a submodule of git that isn't checked out: run `git submodule update --init`, "
        "in GitHub Actions give actions/checkout `submodules: true`"
        for submodule in _submodules(root)
        if any(path.is_relative_to(submodule) or submodule.is_relative_to(path) for path in packed)
        and not _has_files(root / submodule)
    ]


def is_annexed(link: Path) -> bool:
    """Return whether a link leads to where git-annex keeps content."""
    return _ANNEX_LINK.search(str(link.readlink())) is not None


def _remedy(path: str, file: Path) -> str:
    """Return what a file stands for, and how to get that; empty if it is itself."""
    if file.is_symlink():
        return _of_annex(path) if is_annexed(file) else ""
    if not file.is_file():
        return ""
    with file.open("rb") as content:
        head = content.read(_LIMIT if file.suffix == ".dvc" else _POINTER)
    if _ANNEX.match(head):
        return _of_annex(path)
    if _LFS.match(head):
        return (
            "is a pointer of Git LFS, not the file: run `git lfs pull`, "
            "in GitHub Actions give actions/checkout `lfs: true`"
        )
    outs = _missing_outs(file, head.decode("utf-8", "replace")) if file.suffix == ".dvc" else []
    return f"stands for DVC's {', '.join(outs)}, which isn't here: run `dvc pull {path}`" if outs else ""


def _of_annex(path: str) -> str:
    return (
        "stands for content of git-annex, which no image has: "
        f"run `git annex get {path}` and `git annex unlock {path}`"
    )


def _missing_outs(file: Path, text: str) -> list[str]:
    """Return the files and folders that a .dvc file stands for and that aren't there."""
    folder, section, outs = "", "", list[str]()
    for line in text.splitlines():
        if top := re.match(r"(\w+):\s*(.*)", line):
            section = top[1]
            folder = _plain(top[2]) if section == "wdir" else folder
        elif section == "outs" and (out := re.match(r"\s*(?:-\s+)?path:\s*(\S.*)", line)):
            outs.append(_plain(out[1]))
    return [out for out in outs if not (file.parent / folder / out).exists()]


def _plain(value: str) -> str:
    return value.strip().strip("'\"")


def _submodules(root: Path) -> Iterator[PurePosixPath]:
    """Yield the paths of submodules in the folders that get into images, sorted."""
    file = root / ".gitmodules"
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    paths = {_plain(match[1]) for match in re.finditer(r"(?m)^\s*path\s*=\s*(\S.*)$", text)}
    yield from (PurePosixPath(path) for path in sorted(paths) if path.split("/")[0] in TREES)


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(not item.is_dir() for item in folder.rglob("*"))
