"""Read a working tree with libgit2: commit, branch, tags, changes, and how commits are related.

    git.py /mnt/repository ANSWER.json [COMMIT…]

ANSWER.json: {"revision": {…} as ci/config/revision.py has it, "descends": {COMMIT: true, false or null},
"later": [those of the commits that come after HEAD],
"times": {COMMIT: its committer time in seconds; absent if the history doesn't have it}},
or {"problem": "…"} if the repository can't be read.
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

# Folders whose files get into images: a file there that git doesn't know counts as a change.
INPUTS = ("images", "dags", "scripts", "ci")
LITTER = ("__pycache__", ".DS_Store")


def git() -> Any:  # noqa: ANN401 - pygit2 has no types of its own worth naming
    """Return the library pygit2, which only this program's container and tests have."""
    library = importlib.import_module("pygit2")
    # The repository belongs to a user of another machine.
    library.option(importlib.import_module("pygit2.enums").Option.SET_OWNER_VALIDATION, 0)
    return library


def problem(folder: Path) -> str | None:
    """Return why a folder can't be read as a repository; None if it can."""
    git_folder = folder / ".git"
    if git_folder.is_file():
        return "this is a linked worktree, whose history is elsewhere: run this in the main working tree"
    if not git_folder.is_dir():
        return "this folder isn't a git repository: run git init and commit; images are named after commits"
    try:
        unborn = git().Repository(str(folder)).head_is_unborn
    except git().GitError as error:
        return f"this folder's .git can't be read as a repository: {error}"
    if unborn:
        return "the repository has no commits yet: commit first; images are named after commits"
    return None


def changes(repository: Any, folder: Path) -> dict[str, str]:  # noqa: ANN401 - pygit2's
    """Return the paths that differ from the commit, each with its mode and hash, or "deleted"."""
    flags = importlib.import_module("pygit2.enums").DiffOption
    included = flags.INCLUDE_UNTRACKED | flags.RECURSE_UNTRACKED_DIRS | flags.INCLUDE_IGNORED
    included |= flags.RECURSE_IGNORED_DIRS | flags.INCLUDE_TYPECHANGE | flags.IGNORE_SUBMODULES
    tree = repository.head.peel(git().Tree)
    changed: dict[str, str] = {}
    for delta in tree.diff_to_workdir(flags=included).deltas:
        path = delta.new_file.path
        tracked = delta.status_char() not in "?IA"  # untracked, ignored, added
        if any(part in LITTER or part.endswith(".pyc") for part in Path(path).parts):
            continue
        if not tracked and path.split("/")[0] not in INPUTS:
            continue
        file = folder / path
        if file.is_symlink():
            changed[path] = f"link {file.readlink()}"
        elif file.is_file():
            executable = bool(file.stat().st_mode & 0o100)
            changed[path] = f"{executable} {hashlib.sha256(file.read_bytes()).hexdigest()}"
        elif not repository.path_is_ignored(path):
            changed[path] = "deleted"  # not a file that is tracked and ignored: it isn't handed over
    return changed


def revision(repository: Any, folder: Path) -> dict[str, Any]:  # noqa: ANN401 - pygit2's
    """Return what HEAD is, and how the working tree differs from it."""
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
    difference = "".join(f"{path}\0{state}\n" for path, state in sorted(changed.items()))
    return {
        "commit": str(head.id),
        "created": head.commit_time,
        "branch": None if repository.head_is_detached else repository.head.shorthand,
        "tags": sorted(tags),
        "pull": pull and repository.head_is_detached,
        "remote": remotes.get("origin"),
        "dirty": hashlib.sha256(f"{head.id}\n{difference}".encode(errors="surrogateescape")).hexdigest()
        if changed
        else None,
        "changed": [os.fsencode(path).decode(errors="replace") for path in sorted(changed)[:10]],
        "shallow": repository.is_shallow,
    }


def known(repository: Any, commit: str) -> bool:  # noqa: ANN401 - pygit2's
    """Return whether the history has a commit, by its whole name; a label may contain anything."""
    whole = re.fullmatch(r"[0-9a-f]{40}", commit)
    return bool(whole) and commit in repository and isinstance(repository[commit], git().Commit)


def descends(repository: Any, commits: list[str]) -> dict[str, bool | None]:  # noqa: ANN401 - pygit2's
    """Return whether HEAD is or comes after each commit; None if the history is too short to tell."""
    head = repository.head.peel(git().Commit).id
    answer: dict[str, bool | None] = {}
    for commit in commits:
        if commit == str(head):
            answer[commit] = True
        elif not known(repository, commit):
            answer[commit] = None
        else:
            after = bool(repository.descendant_of(head, commit))
            answer[commit] = True if after else None if repository.is_shallow else False
    return answer


def later(repository: Any, commits: list[str]) -> list[str]:  # noqa: ANN401 - pygit2's
    """Return those commits that come after HEAD."""
    head = repository.head.peel(git().Commit).id
    return [one for one in commits if known(repository, one) and repository.descendant_of(one, head)]


def main(arguments: list[str]) -> None:
    """Write the answer."""
    folder, file, *commits = arguments
    unreadable = problem(Path(folder))
    answer: dict[str, Any] = {"problem": unreadable}
    if not unreadable:
        repository = git().Repository(folder)
        answer = {
            "revision": revision(repository, Path(folder)),
            "descends": descends(repository, commits),
            "later": later(repository, commits),
            "times": {one: repository[one].commit_time for one in commits if known(repository, one)},
        }
    Path(file).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
