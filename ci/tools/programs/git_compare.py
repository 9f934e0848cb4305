"""Read the inputs of images with libgit2: as they are now, and as they were where the branch left REF.

    python -m programs.git_compare /mnt/repository REF ANSWER.json

ANSWER.json: {"commit": which the tree is compared with, "before": {path: [kind, content]}, "after": the same,
"texts": {content: text}, "renames": {new path: old path}}, where a kind is "file" or "executable" (content: a
sha256), "link" (its target) or "folder" (an empty one, content ""). Or {"problem": "…"} if nothing can be
read, or {"lacks": "ref" or "ancestor", "names": [branches and tags], "shallow": true or false}.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import re
import sys
import tempfile
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .git import INPUTS, LITTER, git, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = (".gitattributes", "dagger.json", "pyproject.toml", "uv.lock")
READ = (".py", ".toml")  # files whose texts the rules read
POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\n")

Snapshot = dict[str, "tuple[str, str]"]


def name(path: str) -> str:
    """Return a path as JSON can hold it; bytes that aren't UTF-8 become escapes."""
    return os.fsencode(path).decode(errors="backslashreplace")


def text(file: Path) -> str | None:
    """Return the text of a Python or TOML file; None if its encoding isn't the declared one."""
    content = file.read_bytes()
    try:
        encoding = (
            tokenize.detect_encoding(io.BytesIO(content).readline)[0] if file.suffix == ".py" else "utf-8"
        )
        decoded = content.decode(encoding)
        decoded.encode("utf-8")  # "unicode_escape" and the like decode to what no JSON can hold
    except (SyntaxError, UnicodeError, LookupError):
        return None
    return decoded


class TreeReader:
    """A reader of trees, which keeps each text that the rules need once, by its content."""

    def __init__(self, repository: Any) -> None:  # noqa: ANN401 - pygit2's
        """Read git's attributes from a repository."""
        self._repository = repository
        self.texts: dict[str, str] = {}

    def read(self, root: Path) -> Snapshot:
        """Return all inputs of images in a folder."""
        entries = {file: self._entry(root / file, file) for file in FILES if (root / file).is_file()}
        for tree in INPUTS:
            if (root / tree).is_dir():
                entries.update(self._walk(root / tree, tree))
        return {name(path): (kind, name(content)) for path, (kind, content) in sorted(entries.items())}

    def _walk(self, folder: Path, path: str) -> Iterator[tuple[str, tuple[str, str]]]:
        empty = True
        for item in sorted(folder.iterdir()):
            if item.name in LITTER or item.name.endswith(".pyc"):
                continue
            item_path = f"{path}/{item.name}"
            if item.is_dir() and not item.is_symlink():
                yield from self._walk(item, item_path)
            elif item.is_file() or item.is_symlink():
                yield item_path, self._entry(item, item_path)
            else:  # a socket or pipe: no layer holds it
                continue
            empty = False
        if empty:
            yield path, ("folder", "")

    def _entry(self, file: Path, path: str) -> tuple[str, str]:
        if file.is_symlink():
            return "link", str(file.readlink())
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        pointer = POINTER.match(content)
        # A commit holds the pointer, a working tree the file that it points to.
        if pointer and self._repository.get_attr(path, "filter") == "lfs":
            digest = pointer[1].decode()
        elif file.suffix in READ and digest not in self.texts:
            decoded = text(file)
            if decoded is not None:
                self.texts[digest] = decoded
        return "executable" if file.stat().st_mode & 0o100 else "file", digest


def resolved(repository: Any, ref: str) -> Any | None:  # noqa: ANN401 - pygit2's
    """Return the commit that a name means here or, if it means none, on the remote origin."""
    library = git()
    for candidate in (ref, f"origin/{ref}"):
        try:
            return repository.revparse_single(candidate).peel(library.Commit)
        except (KeyError, ValueError, library.GitError):  # unknown; not a name; not a commit
            continue
    return None


def names(repository: Any) -> list[str]:  # noqa: ANN401 - pygit2's
    """Return branches, tags and remotes' branches, as a person writes them."""
    prefixes = ("refs/heads/", "refs/tags/", "refs/remotes/")
    references = [reference for reference in repository.references if reference.startswith(prefixes)]
    return sorted({reference.split("/", 2)[2] for reference in references})


def renames(tree: Any) -> dict[str, str]:  # noqa: ANN401 - pygit2's
    """Return the old path of each file that was renamed since a tree."""
    enums = importlib.import_module("pygit2.enums")
    flags = enums.DiffOption
    difference = tree.diff_to_workdir(
        flags=flags.INCLUDE_UNTRACKED | flags.RECURSE_UNTRACKED_DIRS | flags.IGNORE_SUBMODULES
    )
    difference.find_similar(flags=enums.DiffFind.FIND_RENAMES | enums.DiffFind.FIND_FOR_UNTRACKED)
    moved = [delta for delta in difference.deltas if delta.status_char() == "R"]
    return {name(delta.new_file.path): name(delta.old_file.path) for delta in moved}


def check_out(repository: Any, commit: Any, folder: str) -> None:  # noqa: ANN401 - pygit2's
    """Write the inputs of a commit into a folder, as git writes them into a working tree."""
    strategy = importlib.import_module("pygit2.enums").CheckoutStrategy
    repository.checkout_tree(
        commit.peel(git().Tree),
        directory=folder,
        strategy=strategy.FORCE | strategy.DONT_UPDATE_INDEX | strategy.DISABLE_PATHSPEC_MATCH,
        paths=[*INPUTS, *FILES],
    )


def answer(root: Path, ref: str) -> dict[str, Any]:
    """Return both snapshots, or why there are none."""
    unreadable = problem(root)
    if unreadable:
        return {"problem": unreadable}
    library = git()
    repository = library.Repository(str(root))
    commit = resolved(repository, ref)
    here = {"names": names(repository), "shallow": repository.is_shallow}
    if commit is None:
        return {"lacks": "ref", **here}
    ancestor = repository.merge_base(commit.id, repository.head.peel(library.Commit).id)
    if ancestor is None:
        return {"lacks": "ancestor", **here}
    base = repository[ancestor]
    reader = TreeReader(repository)
    with tempfile.TemporaryDirectory() as folder:
        try:
            check_out(repository, base, folder)
            moved = renames(base.peel(library.Tree))
        except (KeyError, library.GitError) as error:
            remedy = "fetch all of it (git fetch --refetch --no-filter)"
            return {"problem": f"the commit {ancestor} is incomplete in this clone: {error}: {remedy}"}
        before = reader.read(Path(folder))
    return {
        "commit": str(ancestor),
        "before": before,
        "after": reader.read(root),
        "texts": reader.texts,
        "renames": moved,
    }


def main(arguments: list[str]) -> None:
    """Write the answer."""
    folder, ref, file = arguments
    Path(file).write_text(json.dumps(answer(Path(folder), ref)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
