"""Read the inputs of images with libgit2: as they are now, and as they were where the branch left REF.

    python -m programs.git_compare /mnt/repository /mnt/source REF ANSWER.json

ANSWER.json: {"commit": what is compared with, "before": {path: [kind, content]}, "after": as before,
"texts": {content: text}, "renames": {new path: old path}}, where a kind is "file" or "executable" (content: a
sha256), or "link" (its target). Or {"problem": "…"} if nothing can be read, or
{"lacks": "ref" or "ancestor", "names": [branches and tags], "shallow": true or false}.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import tokenize
from pathlib import Path, PurePosixPath
from typing import Any

from . import trees
from .git import problem
from .trees import Commit, Entries, git

READ = (".py", ".toml")  # files whose texts the rules read

Snapshot = dict[str, "tuple[str, str]"]


def name(path: str) -> str:
    """Return a path as JSON can hold it; bytes that aren't UTF-8 become escapes."""
    return os.fsencode(path).decode(errors="backslashreplace")


def text(path: str, content: bytes) -> str | None:
    """Return the text of a Python or TOML file; None if its encoding isn't the declared one."""
    try:
        encoding = (
            tokenize.detect_encoding(io.BytesIO(content).readline)[0] if path.endswith(".py") else "utf-8"
        )
        decoded = content.decode(encoding)
        decoded.encode("utf-8")  # "unicode_escape" and the like decode to what no JSON can hold
    except (SyntaxError, UnicodeError, LookupError):
        return None
    return decoded


def snapshot(entries: Entries, texts: dict[str, str]) -> Snapshot:
    """Return entries as JSON has them; texts that the rules need are added, by their content."""
    entries_by_path: Snapshot = {}
    for path, entry in sorted(entries.items()):
        if entry.kind == "submodule":
            continue
        content = entry.content()
        entries_by_path[name(path)] = (entry.kind, name(content))
        if entry.kind != "link" and PurePosixPath(path).suffix in READ and content not in texts:
            decoded = text(path, entry.read())
            if decoded is not None:
                texts[content] = decoded
    return entries_by_path


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


def renames(objects: Any, before: Entries, after: Entries) -> dict[str, str]:  # noqa: ANN401 - pygit2's
    """Return the old path of each file that was renamed or, in part, changed and renamed."""
    enums = importlib.import_module("pygit2.enums")
    gone, new = before.keys() - after.keys(), after.keys() - before.keys()
    old_tree = _tree(objects, {path: before[path] for path in gone})
    difference = old_tree.diff_to_tree(_tree(objects, {path: after[path] for path in new}))
    difference.find_similar(flags=enums.DiffFind.FIND_RENAMES)
    moved = [delta for delta in difference.deltas if delta.status_char() == "R"]
    return {name(delta.new_file.path): name(delta.old_file.path) for delta in moved}


def _tree(objects: Any, entries: Entries) -> Any:  # noqa: ANN401 - pygit2's
    """Return a tree of git with entries."""
    library = git()
    modes = importlib.import_module("pygit2.enums").FileMode
    kinds = {"file": modes.BLOB, "executable": modes.BLOB_EXECUTABLE, "link": modes.LINK}
    index = library.Index()
    for path, entry in entries.items():
        if entry.kind in kinds:
            index.add(library.IndexEntry(path, objects.create_blob(entry.read()), kinds[entry.kind]))
    return objects[index.write_tree(objects)]


def answer(root: Path, source: Path, ref: str) -> dict[str, Any]:
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
    with trees.opened(root) as objects:
        base, head = (Commit.at(objects, one, root, source) for one in (ancestor, repository.head.target))
        try:
            before, after = base.entries(), head.present(root, source)
            texts: dict[str, str] = {}
            return {
                "commit": str(ancestor),
                "before": snapshot(before, texts),
                "after": snapshot(after, texts),
                "texts": texts,
                "renames": renames(objects, before, after),
            }
        except (KeyError, library.GitError) as error:
            remedy = "fetch all of it (git fetch --refetch --no-filter)"
            return {"problem": f"the commit {ancestor} is incomplete in this clone: {error}: {remedy}"}


def main(arguments: list[str]) -> None:
    """Write the answer."""
    root, source, ref, file = arguments
    Path(file).write_text(json.dumps(answer(Path(root), Path(source), ref)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
