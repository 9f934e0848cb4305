"""Read a repository with libgit2: commit, branch, tags, changes of the source, and how commits are related.

    python -m programs.git /mnt/repository /mnt/source ANSWER.json [COMMIT…]

The source has images/, dags/ and scripts/ as they get into images; the repository has what makes them.
ANSWER.json: {"revision": {…} as ci/config/revision.py has it, null without a source (""),
"descends": {COMMIT: true, false or null}, "later": [those of the commits that come after HEAD],
"times": {COMMIT: its committer time in seconds; absent if the history doesn't have it},
"folders": {COMMIT: the project's folder in it}}, or {"problem": "…"} if the repository can't be read.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

from . import trees
from .trees import git

MAIN = ("refs/heads/main", "refs/remotes/origin/main")


def problem(folder: Path) -> str | None:
    """Return why a folder can't be read as a repository; None if it can."""
    git_folder = folder / ".git"
    if git_folder.is_file():
        return "this is a linked worktree, whose history is elsewhere: run this in the main working tree"
    if not git_folder.is_dir():
        return (
            "this folder has no .git: if it is in a larger repository, pass that one's root "
            "(git rev-parse --show-toplevel) as --repository; otherwise run git init and commit: "
            "images are named after commits"
        )
    try:
        unborn = git().Repository(str(folder)).head_is_unborn
    except git().GitError as error:
        return f"this folder's .git can't be read as a repository: {error}"
    if unborn:
        return "the repository has no commits yet: commit first; images are named after commits"
    return None


class Change(NamedTuple):
    """The kind and content of a file that differs from the commit, and how, where git may not show that."""

    state: str
    how: str = ""


def changes(repository: Any, root: Path, source: Path) -> dict[str, Change]:  # noqa: ANN401 - pygit2's
    """Return the files that differ from the commit, by path."""
    head = repository.head.peel(git().Commit)
    with trees.opened(root) as objects:
        commit = trees.Commit.at(objects, head.id, root, source)
        before, after = commit.entries(), commit.present(root, source)
        changed = dict.fromkeys(before.keys() - after.keys(), Change("deleted"))
        for path, entry in after.items():
            how = _difference(before.get(path), entry)
            if how is not None:
                changed[path] = Change(f"{entry.kind} {entry.content()}", how)
    return changed


def _difference(old: trees.Entry | None, new: trees.Entry) -> str | None:
    """Return how a file differs from that of the commit, empty if by its content; None if it doesn't."""
    if old is None:
        return ""
    if old.kind != new.kind:
        return f"{new.kind}, {old.kind} in the commit"
    try:
        if old.content() == new.content():
            return None
        same_lines = old.read().splitlines() == new.read().splitlines()
    except (KeyError, git().GitError):  # a partial clone lacks the commit's file
        return ""
    return "line ends" if same_lines else ""


def revision(repository: Any, root: Path, source: Path) -> dict[str, Any]:  # noqa: ANN401 - pygit2's
    """Return what HEAD is, and how the inputs of images differ from it."""
    library = git()
    head = repository.head.peel(library.Commit)
    changed = changes(repository, root, source)
    tags: list[str] = []
    pull = False
    for name in repository.references:
        if (
            name.startswith(("refs/tags/", "refs/remotes/pull/", "refs/pull/"))
            and tip(repository, name) == head.id
        ):
            pull = pull or not name.startswith("refs/tags/")
            tags += [name.removeprefix("refs/tags/")] if name.startswith("refs/tags/") else []
    remotes = {remote.name: remote.url for remote in repository.remotes}
    difference = "".join(f"{path}\0{change.state}\n" for path, change in sorted(changed.items()))
    shown = [
        f"{path} ({change.how})" if change.how else path for path, change in sorted(changed.items())[:10]
    ]
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
        "changed": [os.fsencode(text).decode(errors="replace") for text in shown],
        "shallow": repository.is_shallow,
        "merged": merged(repository),
    }


def tip(repository: Any, name: str) -> Any | None:  # noqa: ANN401 - pygit2's
    """Return the object that a reference leads to; None where there is none, as in a dangling link."""
    try:
        return repository.references[name].peel().id
    except (KeyError, ValueError, git().GitError):
        return None


def merged(repository: Any) -> bool | None:  # noqa: ANN401 - pygit2's
    """Return whether main has HEAD; None if there is no main, or the history is too short to tell."""
    head = repository.head.peel(git().Commit).id
    tips = [one for name in MAIN if (one := tip(repository, name)) and known(repository, str(one))]
    if any(one == head or repository.descendant_of(one, head) for one in tips):
        return True
    return None if repository.is_shallow or not tips else False


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
    root, source, file, *commits = arguments
    unreadable = problem(Path(root))
    answer: dict[str, Any] = {"problem": unreadable}
    if not unreadable:
        repository = git().Repository(root)
        here = [one for one in commits if known(repository, one)]
        folder = Path(source) if source else None
        answer = {
            "revision": revision(repository, Path(root), folder) if folder else None,
            "descends": descends(repository, commits),
            "later": later(repository, commits),
            "times": {one: repository[one].commit_time for one in here},
            "folders": {one: trees.project_folder(repository[one], folder) for one in here},
        }
    Path(file).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
