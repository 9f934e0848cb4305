"""What git says of a working tree, read with libgit2: commit, branch, tags, changes, who descends from whom.

    revision.py /mnt/repository ANSWER.json [COMMIT…]

ANSWER.json: {"revision": {…} as ci/publish/tags.py has it, "descends": {COMMIT: true, false or null},
"later": [those of the commits that come after HEAD],
"times": {COMMIT: its committer time in seconds; absent where the commit isn't in the history at hand}},
or {"problem": "…"} where there is nothing to read.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

# What can get into an image: here a file that git doesn't know counts as a change.
INPUTS = ("images", "dags", "scripts", "ci")
LITTER = ("__pycache__", ".DS_Store")


def git() -> Any:  # noqa: ANN401 - pygit2 has no types of its own worth naming
    """The library; it is there only in the container that this is for, and in tests."""
    library = importlib.import_module("pygit2")
    # The repository belongs to a user of another machine.
    library.option(importlib.import_module("pygit2.enums").Option.SET_OWNER_VALIDATION, 0)
    return library


def problem(folder: Path) -> str | None:
    """Why nothing can be read of a folder, for the person at the terminal."""
    place = folder / ".git"
    if place.is_file():
        return "this is a linked worktree, whose history lies elsewhere: call it in the main working tree"
    if not place.is_dir():
        return "this folder is no git repository: images are named after commits, so run git init and commit"
    try:
        unborn = git().Repository(str(folder)).head_is_unborn
    except git().GitError as error:
        return f"this folder's .git can't be read as a repository: {error}"
    if unborn:
        return "the repository has no commits yet: commit first, images are named after commits"
    return None


def changes(repository: Any, folder: Path) -> dict[str, str]:  # noqa: ANN401 - pygit2's
    """Paths that differ from the commit, with what they are now: a mode and a hash, or "deleted"."""
    flags = importlib.import_module("pygit2.enums").DiffOption
    seen = flags.INCLUDE_UNTRACKED | flags.RECURSE_UNTRACKED_DIRS | flags.INCLUDE_IGNORED
    seen |= flags.RECURSE_IGNORED_DIRS | flags.INCLUDE_TYPECHANGE | flags.IGNORE_SUBMODULES
    tree = repository.head.peel(git().Tree)
    found: dict[str, str] = {}
    for delta in tree.diff_to_workdir(flags=seen).deltas:
        path = delta.new_file.path
        known = delta.status_char() not in "?IA"  # untracked, ignored, added
        if any(part in LITTER or part.endswith(".pyc") for part in Path(path).parts):
            continue
        if not known and path.split("/")[0] not in INPUTS:
            continue
        place = folder / path
        if place.is_symlink():
            found[path] = f"link {place.readlink()}"
        elif place.is_file():
            executable = bool(place.stat().st_mode & 0o100)
            found[path] = f"{executable} {hashlib.sha256(place.read_bytes()).hexdigest()}"
        elif not repository.path_is_ignored(path):
            found[path] = "deleted"  # what is both tracked and ignored isn't handed over, and isn't missing
    return found


def revision(repository: Any, folder: Path) -> dict[str, Any]:  # noqa: ANN401 - pygit2's
    """What HEAD is, and how the working tree differs from it."""
    library = git()
    head = repository.head.peel(library.Commit)
    changed = changes(repository, folder)
    tags: list[str] = []
    pull = False
    for name in repository.references:
        if name.startswith(("refs/tags/", "refs/remotes/pull/", "refs/pull/")):
            target = repository.references[name].peel()
            if target.id == head.id:
                pull = pull or not name.startswith("refs/tags/")
                tags += [name.removeprefix("refs/tags/")] if name.startswith("refs/tags/") else []
    remotes = {remote.name: remote.url for remote in repository.remotes}
    told = "".join(f"{path}\0{state}\n" for path, state in sorted(changed.items()))
    return {
        "commit": str(head.id),
        "created": head.commit_time,
        "branch": None if repository.head_is_detached else repository.head.shorthand,
        "tags": sorted(tags),
        "pull": pull and repository.head_is_detached,
        "remote": remotes.get("origin"),
        "dirty": hashlib.sha256(f"{head.id}\n{told}".encode(errors="surrogateescape")).hexdigest()
        if changed
        else None,
        "changed": [os.fsencode(path).decode(errors="replace") for path in sorted(changed)[:10]],
        "shallow": repository.is_shallow,
    }


def known(repository: Any, commit: str) -> bool:  # noqa: ANN401 - pygit2's
    """Whether the history at hand has that commit, by its whole name; a label may say anything."""
    whole = re.fullmatch(r"[0-9a-f]{40}", commit)
    return bool(whole) and commit in repository and isinstance(repository[commit], git().Commit)


def descends(repository: Any, commits: list[str]) -> dict[str, bool | None]:  # noqa: ANN401 - pygit2's
    """Whether HEAD is each commit or comes after it; None where the history that is here can't tell."""
    head = repository.head.peel(git().Commit).id
    told: dict[str, bool | None] = {}
    for commit in commits:
        if commit == str(head):
            told[commit] = True
        elif not known(repository, commit):
            told[commit] = None
        else:
            after = bool(repository.descendant_of(head, commit))
            told[commit] = True if after else None if repository.is_shallow else False
    return told


def later(repository: Any, commits: list[str]) -> list[str]:  # noqa: ANN401 - pygit2's
    """Those commits that come after HEAD, by the history at hand."""
    head = repository.head.peel(git().Commit).id
    return [each for each in commits if known(repository, each) and repository.descendant_of(each, head)]


def main(arguments: list[str]) -> None:
    """Write what was asked for."""
    folder, file, *commits = arguments
    found = problem(Path(folder))
    answer: dict[str, Any] = {"problem": found}
    if not found:
        repository = git().Repository(folder)
        answer = {
            "revision": revision(repository, Path(folder)),
            "descends": descends(repository, commits),
            "later": later(repository, commits),
            "times": {each: repository[each].commit_time for each in commits if known(repository, each)},
        }
    Path(file).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
