"""A repository's inputs of images at one commit, by path, and two of them to compare."""

import posixpath
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from ..errors import ConfigurationError, did_you_mean

MOST_LINKS = 40  # as Linux follows them (path_resolution(7))


class Entry(NamedTuple):
    """What is at a path: a file with its sha256, a link with its target, or an empty folder."""

    kind: Literal["file", "executable", "link", "folder"]
    content: str


class Snapshot:
    """All inputs at one time.

    Args:
        entries: by path from the repository's root.
        texts: of Python and TOML files, by their sha256; one that can't be decoded has none.
    """

    def __init__(self, entries: Mapping[str, Entry], texts: Mapping[str, str]) -> None:
        self.entries = entries
        self._texts = texts

    def text(self, path: str) -> str | None:
        """The text of a file, or of what a link leads to; none where there is none, or it can't be read."""
        entry = self.entries.get(self.followed(path)[0])
        return self._texts.get(entry.content) if entry else None

    def below(self, path: str) -> set[str]:
        """A file, or all that is below a folder; a link on the way counts too, with what it leads to."""
        real, passed = self.followed(path)
        return {*passed, *(each for each in self.entries if each == real or each.startswith(f"{real}/"))}

    def followed(self, path: str) -> tuple[str, list[str]]:
        """The path that is meant, and the links that lead there."""
        passed: list[str] = []
        while len(passed) < MOST_LINKS:
            link = self._first_link(path)
            if link is None:
                break
            passed.append(link)
            target = posixpath.join(posixpath.dirname(link), self.entries[link].content)
            path = posixpath.normpath(f"{target}{path.removeprefix(link)}")
        return path, passed

    @cached_property
    def _links(self) -> set[str]:
        return {path for path, entry in self.entries.items() if entry.kind == "link"}

    def _first_link(self, path: str) -> str | None:
        if not self._links:
            return None
        ends = [place for place, each in enumerate(path) if each == "/"]
        return next((path[:end] for end in (*ends, len(path)) if path[:end] in self._links), None)


class Comparison(NamedTuple):
    """Two snapshots.

    ``since`` is what was asked for, ``commit`` the whole name of the commit that ``before`` is of; for each
    renamed file ``renames`` has the old path.
    """

    since: str
    commit: str
    before: Snapshot
    after: Snapshot
    renames: Mapping[str, str]

    def changed(self) -> frozenset[str]:
        """The paths at which something else is now."""
        old, new = self.before.entries, self.after.entries
        return frozenset(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    problem: str = ""
    lacks: Literal["", "ref", "ancestor"] = ""
    names: tuple[str, ...] = ()
    shallow: bool = False
    commit: str = ""
    before: dict[str, Entry] = {}
    after: dict[str, Entry] = {}
    texts: dict[str, str] = {}
    renames: dict[str, str] = {}


def parse(text: str, since: str) -> Comparison:
    """Both snapshots from the program's answer.

    Raises:
        ConfigurationError: there is nothing to compare; it says why and what to do.
    """
    answer = _Answer.model_validate_json(text)
    if answer.problem:
        raise ConfigurationError([answer.problem])
    if answer.lacks:
        raise ConfigurationError([_lacking(since, answer.lacks, answer.names, shallow=answer.shallow)])
    return Comparison(
        since=since,
        commit=answer.commit,
        before=Snapshot(answer.before, answer.texts),
        after=Snapshot(answer.after, answer.texts),
        renames=answer.renames,
    )


def _lacking(since: str, lacks: str, names: Sequence[str], *, shallow: bool) -> str:
    if lacks == "ref":
        hint = did_you_mean(since, names)
        told = f"--since {since!r} is no commit of this repository"
        told += f"{hint} Expected" if hint else ": expected"
        told += " a branch, a tag, a remote's branch (origin/main) or a commit (a1b2c3d, HEAD~1)"
        cure = ""
    else:
        told = f"--since {since!r} and what is checked out have no commit in common"
        cure = ": name a branch or commit that this branch started from"
    if shallow:
        cure = ": this clone is shallow, so fetch the whole history: git fetch --unshallow, or in GitHub "
        cure += "Actions fetch-depth: 0 with actions/checkout"
    return told + cure
