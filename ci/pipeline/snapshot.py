"""A repository's inputs of images at one commit, by path, and the comparison of two."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from ..checks.imports.locations import files_imported
from ..config.dag_type import TREES
from ..errors import ConfigurationError, did_you_mean

MAX_LINKS = 40  # as Linux follows them (path_resolution(7))


class Entry(NamedTuple):
    """A file with its sha256, or a link with its target."""

    kind: Literal["file", "executable", "link"]
    content: str


class Snapshot:
    """All inputs of images at one commit, by path from the repository's root.

    ``texts`` are those of Python and TOML files, by their sha256; files that can't be decoded have none.
    """

    def __init__(self, entries: Mapping[str, Entry], texts: Mapping[str, str]) -> None:
        self.entries = entries
        self._texts = texts

    def text(self, path: str) -> str | None:
        """Return the text of a file or of a link's target; None if it is missing or can't be decoded."""
        entry = self.entries.get(self.resolve(path)[0])
        return self._texts.get(entry.content) if entry else None

    def paths_at(self, path: str) -> set[str]:
        """Return the path of a file, or all paths in a folder; with the links on the way there."""
        target, links = self.resolve(path)
        return {
            *links,
            *(entry for entry in self.entries if entry == target or entry.startswith(f"{target}/")),
        }

    def resolve(self, path: str) -> tuple[str, list[str]]:
        """Return a path without links, and the links that it led through."""
        links: list[str] = []
        while len(links) < MAX_LINKS:
            link = self._first_link(path)
            if link is None:
                break
            links.append(link)
            target = posixpath.join(posixpath.dirname(link), self.entries[link].content)
            path = posixpath.normpath(f"{target}{path.removeprefix(link)}")
        return path, links

    @cached_property
    def imports(self) -> Mapping[str, frozenset[str]]:
        """The files that each Python file of dags/ and scripts/ imports; a link imports its target.

        A module and a package of the same name both count: an edge too many is harmless, a missing one isn't.
        Imports of a name that is only known at run time are not followed.
        """
        graph: dict[str, frozenset[str]] = {}
        for path, entry in self.entries.items():
            if path.split("/")[0] not in TREES:
                continue
            if entry.kind == "link":
                target, links = self.resolve(path)
                graph[path] = frozenset({*links, target} & self.entries.keys() - {path})
            elif path.endswith(".py"):
                files = files_imported(path, self.text(path) or "")
                graph[path] = frozenset(real for file in files for real in self._existing(file)) - {path}
        return graph

    def _existing(self, path: str) -> Iterator[str]:
        """Yield the file at a path and the links on the way to it; nothing if there is no file."""
        target, links = self.resolve(path)
        if target in self.entries:
            yield from (*links, target)

    @cached_property
    def _links(self) -> set[str]:
        return {path for path, entry in self.entries.items() if entry.kind == "link"}

    def _first_link(self, path: str) -> str | None:
        if not self._links:
            return None
        ends = [index for index, character in enumerate(path) if character == "/"]
        return next((path[:end] for end in (*ends, len(path)) if path[:end] in self._links), None)


class Comparison(NamedTuple):
    """Two snapshots.

    ``since`` is the user's choice, ``commit`` the full name of the commit of ``before``; ``renames`` has the
    old path of each renamed file.
    """

    since: str
    commit: str
    before: Snapshot
    after: Snapshot
    renames: Mapping[str, str]

    def changed(self) -> frozenset[str]:
        """Return the paths with different entries."""
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
    """Return the comparison in the program's answer; raise ConfigurationError with why there is none."""
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
        problem = f"--since {since!r} is not a commit of this repository"
        problem += f"{hint} Expected" if hint else ": expected"
        problem += " a branch, a tag, a remote's branch (origin/main) or a commit (a1b2c3d, HEAD~1)"
        remedy = ""
    else:
        problem = f"--since {since!r} has no commit in common with what is checked out"
        remedy = ": name a branch or commit that this branch started from"
    if shallow:
        remedy = ": this clone is shallow: fetch the whole history with git fetch --unshallow, or in GitHub "
        remedy += "Actions with fetch-depth: 0 of actions/checkout"
    return problem + remedy
