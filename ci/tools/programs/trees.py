"""The inputs of images as a commit checks them out, and as a working tree holds them, to be compared.

Neither git's settings nor its index count, nor what it is told to ignore: a file is its path, its content and
its executable bit, a link its path and target. Paths are relative to the project's folder.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import litter

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

SOURCE = ("images", "dags", "scripts")  # what images are made of
MODULE = ("ci", "dagger.json", "pyproject.toml", "uv.lock", ".gitattributes")  # what makes them
_FILTERS = ("text", "eol", "crlf", "ident")  # attributes by which a checkout changes content
POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\n")


def git() -> Any:  # noqa: ANN401 - pygit2 has no types of its own worth naming
    """Return the library pygit2, which only this program's container and tests have."""
    library = importlib.import_module("pygit2")
    enums = importlib.import_module("pygit2.enums")
    # The repository belongs to a user of another machine.
    library.option(enums.Option.SET_OWNER_VALIDATION, 0)
    for level in (enums.ConfigLevel.SYSTEM, enums.ConfigLevel.XDG, enums.ConfigLevel.GLOBAL):
        library.option(enums.Option.SET_SEARCH_PATH, level, "")
    return library


class Entry(NamedTuple):
    """A file, an executable or a link; its bytes, for a link its target, are read when they are needed."""

    kind: str
    read: Callable[[], bytes]
    in_lfs: bool = False

    def content(self) -> str:
        """Return the sha256 of a file, of Git LFS's pointer that of its target; or the target of a link."""
        content = self.read()
        if self.kind == "link":
            return os.fsdecode(content)
        # A commit holds the pointer, a working tree the file that it points to.
        pointer = POINTER.match(content) if self.in_lfs else None
        return pointer[1].decode() if pointer else hashlib.sha256(content).hexdigest()


Entries = dict[str, Entry]


@contextmanager
def opened(root: Path) -> Generator[Any]:
    """Open a repository's objects as a repository of their own, which has none of its settings."""
    with tempfile.TemporaryDirectory() as folder:
        git().init_repository(folder, bare=True)
        Path(folder, "objects/info/alternates").write_text(f"{root / '.git/objects'}\n", encoding="utf-8")
        yield git().Repository(folder)


@dataclass(frozen=True)
class Commit:
    """A commit; ``folder`` is the project's in it.

    ``objects`` is a repository as ``opened`` gives it, ``git_folder`` the one that its objects are in;
    ``is_absent`` tells of the path of a submodule that its files are rightly not here.
    """

    objects: Any
    commit: Any
    folder: str
    git_folder: Path
    is_absent: Callable[[str], bool]

    @classmethod
    def at(cls, objects: Any, commit: Any, root: Path, source: Path) -> Commit:  # noqa: ANN401 - pygit2's
        """Return a commit of a repository, by its id, beside a source of the working tree."""
        refused = (source / ".gitmodules").is_file()  # by the build, for the types that have the submodule

        def is_absent(path: str) -> bool:
            return refused and not ((source / path).is_dir() and any(litter.files(source / path)))

        folder = project_folder(objects[commit], source)
        return cls(objects, objects[commit], folder, root / ".git", is_absent)

    def entries(self) -> Entries:
        """Return the inputs of images in the commit."""
        tree = self.commit.tree
        attributes = ".gitattributes" in tree
        for part in filter(None, self.folder.split("/")):
            tree = tree[part]
            attributes = attributes or ".gitattributes" in tree
        entries: Entries = {}
        for top in (*SOURCE, *MODULE):
            if top in tree:
                entries.update(self._walk(tree[top], top, attributes=attributes))
        return entries

    def present(self, root: Path, source: Path) -> Entries:
        """Return the inputs of images that are there now: in the source, and in the working tree ``root``."""
        return present(source, root / self.folder, lambda path: self._attribute(path, "filter") == "lfs")

    def _full(self, path: str) -> str:
        """Return a path from the repository's root, as libgit2 takes it."""
        full = f"{self.folder}/{path}" if self.folder else path
        return os.fsencode(full).decode(errors="replace")

    def _attribute(self, path: str, attribute: str) -> Any:  # noqa: ANN401 - pygit2's
        """Return what the commit's own .gitattributes say of a path; None if they don't."""
        flags = importlib.import_module("pygit2.enums").AttrCheck
        flags = flags.INDEX_ONLY | flags.NO_SYSTEM | flags.INCLUDE_COMMIT
        return self.objects.get_attr(self._full(path), attribute, flags, str(self.commit.id))

    def _walk(self, item: Any, path: str, *, attributes: bool) -> Iterator[tuple[str, Entry]]:  # noqa: ANN401 - pygit2's
        """Yield what a path of the commit holds; ``attributes``: whether .gitattributes stand above it."""
        modes = importlib.import_module("pygit2.enums").FileMode
        is_folder = item.filemode == modes.TREE
        inside = {_name(child) for child in item} if is_folder else set[str]()
        if litter.is_litter(_name(item), inside):
            return
        if is_folder:
            for child in item:
                inherited = attributes or ".gitattributes" in inside
                yield from self._walk(child, f"{path}/{_name(child)}", attributes=inherited)
        elif item.filemode == modes.COMMIT:
            yield from () if self.is_absent(path) else self._submodule(item.id, path)
        elif item.filemode == modes.LINK:
            yield path, Entry("link", lambda: item.data)
        else:
            kind = "executable" if item.filemode == modes.BLOB_EXECUTABLE else "file"
            in_lfs = attributes and self._attribute(path, "filter") == "lfs"
            # Asked first: a filter takes a millisecond.
            filtered = attributes and any(self._attribute(path, name) is not None for name in _FILTERS)
            yield path, Entry(kind, partial(self._read, item, path, filtered=filtered), in_lfs)

    def _read(self, blob: Any, path: str, *, filtered: bool) -> bytes:  # noqa: ANN401 - pygit2's
        """Return what a checkout writes by the commit's own .gitattributes."""
        if not filtered:
            return blob.data
        flags = importlib.import_module("pygit2.enums").BlobFilter
        flags = flags.ATTRIBUTES_FROM_COMMIT | flags.NO_SYSTEM_ATTRIBUTES
        with git().BlobIO(blob, self._full(path), flags, self.commit.id) as content:
            return content.read()

    def _submodule(self, commit: Any, path: str) -> Iterator[tuple[str, Entry]]:  # noqa: ANN401 - pygit2's
        """Yield the files of a submodule's commit; one entry that no file equals if it isn't here."""
        git_folder = self.git_folder / "modules" / self._submodule_name(self._full(path))
        with Path(self.objects.path, "objects/info/alternates").open("a", encoding="utf-8") as alternates:
            alternates.write(f"{git_folder}/objects\n")
        objects = git().Repository(self.objects.path)
        if commit not in objects:
            yield path, Entry("submodule", lambda: b"")
            return
        inner = Commit(
            objects, objects[commit], "", git_folder, lambda inside: self.is_absent(f"{path}/{inside}")
        )
        yield from inner.as_submodule(path)

    def as_submodule(self, path: str) -> Iterator[tuple[str, Entry]]:
        """Yield all files of the commit, as those of a submodule at a path."""
        tree = self.commit.tree
        for child in tree:
            for inside, entry in self._walk(child, _name(child), attributes=".gitattributes" in tree):
                yield f"{path}/{inside}", entry

    def _submodule_name(self, path: str) -> str:
        if ".gitmodules" not in self.commit.tree:
            return path
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "modules")
            file.write_bytes(self.commit.tree[".gitmodules"].data)
            settings = [(setting.name, setting.value) for setting in git().Config(str(file))]
        keys = [name for name, value in settings if name.endswith(".path") and value == path]
        return keys[0].removeprefix("submodule.").removesuffix(".path") if keys else path


def present(source: Path, module: Path, in_lfs: Callable[[str], bool]) -> Entries:
    """Return the inputs of images that are there now.

    Args:
        source: the folder with images/, dags/ and scripts/.
        module: the project's folder of the working tree, which may have the module.
        in_lfs: whether a path's content is kept in Git LFS.
    """
    entries: Entries = {}
    for top, names in ((source, SOURCE), (module, MODULE)):
        for item in (top / name for name in names):
            files: Iterable[Path] = ()
            if item.is_dir() and not item.is_symlink():
                files = litter.files(item)
            elif item.is_file() or item.is_symlink():
                files = [item]
            for file in files:
                path = file.relative_to(top).as_posix()
                entries[path] = _present(file, in_lfs=in_lfs(path))
    return entries


def _present(file: Path, *, in_lfs: bool) -> Entry:
    if file.is_symlink():
        return Entry("link", lambda: os.fsencode(file.readlink()))
    kind = "executable" if file.stat().st_mode & 0o100 else "file"
    return Entry(kind, file.read_bytes, in_lfs)


def project_folder(commit: Any, source: Path | None) -> str:  # noqa: ANN401 - pygit2's
    """Return the folder of a commit that a source is a copy of; empty for the root.

    Of several with DAG types it is the one with most of the source's files, then the highest.
    """
    candidates = dict(_projects(commit.tree, ""))
    ids: dict[str, str] = {}
    if source and len(candidates) > 1:
        entries = present(source, source, lambda _: False)
        ids = {path: str(git().hash(entry.read())) for path, entry in entries.items()}

    def rank(folder: str) -> tuple[int, int, str]:
        tree = candidates[folder]
        equal = sum(path in tree and str(tree[path].id) == known for path, known in ids.items())
        return -equal, len(Path(folder).parts), folder

    return min(candidates, key=rank, default="")


def _projects(tree: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - pygit2's
    """Yield the folders that have DAG types, each with its tree."""
    modes = importlib.import_module("pygit2.enums").FileMode
    images = next((child for child in tree if _name(child) == "images"), None)
    if images is not None and images.filemode == modes.TREE:
        types = (child for child in images if child.filemode == modes.TREE)
        if "base.toml" in images or any("pyproject.toml" in child for child in types):
            yield path, tree
    for child in tree:
        if child.filemode == modes.TREE and not litter.is_litter(_name(child)):
            with suppress(KeyError, git().GitError):  # a partial clone lacks folders that aren't checked out
                yield from _projects(child, f"{path}/{_name(child)}" if path else _name(child))


def _name(item: Any) -> str:  # noqa: ANN401 - pygit2's
    """Return the name of a tree's item as Python has names of files."""
    return os.fsdecode(item.raw_name)
