"""The tags of an image: decided by the commit's branch, its git tags, and the ref of a pipeline's event.

Names become tags as docker/metadata-action makes them; versions are those of semver 2.0.0.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from ..config.revision import Revision
from ..errors import ConfigurationError, did_you_mean

BRANCHES = ("main", "develop")  # the branches whose names no other branch or git tag may take

LONGEST = 128  # characters of a tag, by the OCI distribution specification 1.1

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"v?(?P<numbers>{_NUMBER}\.{_NUMBER}\.{_NUMBER})"
    rf"(?:-(?P<pre>{_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
    r"(?:[+_][0-9A-Za-z.-]+)?"
)
_EVENT = re.compile(
    r"refs/(?:heads/(?P<branch>.+)|tags/(?P<tag>.+)"
    r"|(?P<pull>pull/[0-9]+/(?:merge|head)|merge-requests/[0-9]+/.+))"
)
_ACCEPTED = (
    "not a full ref of a branch, a tag or a pull request: expected refs/heads/<branch>, refs/tags/<tag>, "
    "refs/pull/<number>/merge, refs/pull/<number>/head or refs/merge-requests/<number>/…: "
    "give the event's whole ref, or omit it to use what is checked out"
)
_RESERVED = (
    (re.compile(rf"v?{_NUMBER}(?:\.{_NUMBER})?"), "the newest of several releases"),
    (re.compile(r"latest"), "the newest image"),
    (re.compile(r"|".join(BRANCHES)), "the branch of that name"),
    (re.compile(r"sha-[0-9a-f]+"), "a commit"),
    (re.compile(r"dirty-.*"), "a tree that differs from its commit"),
)
_NO_NAME = "no character of its name is allowed in a registry's tag"

LATEST = "latest"  # the tag of the newest image


class Rule(Enum):
    """How a tag may move once it exists; the values are in plan.json."""

    RELEASE = "release"  # never: it is immutable
    FLOATING = "line"  # v1, v1.2: to a greater release of its line, never back
    LATEST = "latest"  # to a later commit, and never to a lesser release
    BRANCH = "following"  # with its branch, commit, or git tag that is no version


@dataclass(frozen=True)
class Tag:
    """A tag to be pushed, and how it may move."""

    name: str
    rule: Rule


@dataclass(frozen=True)
class TagPlan:
    """The tags of one image, most specific first (none: it isn't pushed), and the reason in one line."""

    tags: tuple[Tag, ...]
    reason: str


@dataclass(frozen=True, order=True)
class Version:
    """A release's version, ordered by semver's precedence: spelling (v or none) and build don't count.

    ``pre_release`` holds the identifiers behind the hyphen; ``tag`` is the version's name in a registry.
    """

    numbers: tuple[int, ...]
    final: bool
    pre_release: tuple[tuple[bool, int, str], ...]
    tag: str = field(compare=False)

    @property
    def lines(self) -> tuple[str, ...]:
        """The floating tags it may move, as 'v1.2' and 'v1'; there is no 'v0', which promises nothing."""
        prefix = "v" if self.tag.startswith("v") else ""
        major, minor, _ = self.numbers
        return (f"{prefix}{major}.{minor}", *([f"{prefix}{major}"] if major else []))

    @property
    def plain(self) -> bool:
        """Whether it is three numbers and nothing else; only such a release moves other tags."""
        return self.tag.removeprefix("v") == ".".join(map(str, self.numbers))


def version(tag: str) -> Version | None:
    """Return the version that a git tag or a registry's tag names; None if it is no version.

    A version has exactly three numbers without leading zeros, with or without v before; behind them may be
    semver's pre-release, and build metadata after '+', which is '_' in a registry.
    """
    match = _VERSION.fullmatch(tag) if len(tag) <= LONGEST else None
    if match is None:
        return None
    identifiers = match["pre"].split(".") if match["pre"] else []
    return Version(
        numbers=tuple(map(int, match["numbers"].split("."))),
        final=not identifiers,
        # Numbers come before words, by semver's item 11.
        pre_release=tuple((False, int(i), "") if i.isdecimal() else (True, 0, i) for i in identifiers),
        tag=tag.replace("+", "_"),
    )


def plan(revision: Revision, ref: str, dag_type: str, dag_types: Collection[str]) -> TagPlan:
    """Return the tags of a DAG type's image.

    Args:
        revision: commit, branch and git tags of the working tree.
        ref: the full ref of a pipeline's event, which then decides; empty on a laptop, where HEAD decides.
        dag_type: whose image it is.
        dag_types: the names of all DAG types, which git tags such as 'salesforce/v1.2.3' may name.

    Raises:
        ConfigurationError: the ref is none of a branch, tag or pull request, or isn't what is checked out; or
            its tag names an unknown DAG type, or has a reserved name.
    """
    event = _EVENT.fullmatch(ref) if ref else None
    if ref and event is None:
        raise ConfigurationError([f"ref {ref!r}: {_ACCEPTED}"])
    if event["pull"] if event else revision.pull:
        return TagPlan((), "pull request: built and tested, never pushed")
    if revision.dirty is not None:
        return _dirty(revision, revision.dirty)
    if event is None:
        return _checked_out(revision, dag_type, dag_types)
    if event["branch"]:
        return _branch(revision, event["branch"])
    return _git_tag(revision, event["tag"], dag_type, dag_types)


def _dirty(revision: Revision, difference: str) -> TagPlan:
    paths = ", ".join(map(repr, revision.changed[:3]))
    more = " and more" if len(revision.changed) > 3 else ""
    listed = f": {paths}{more}" if paths else ""
    reason = f"the tree differs from commit {revision.commit[:7]}{listed}"
    return TagPlan((Tag(f"dirty-{difference[:12]}", Rule.BRANCH),), reason)


def _branch(revision: Revision, branch: str) -> TagPlan:
    sha = _sha(revision)
    name = _legal(branch)
    purpose = _reserved_for(name) if branch not in BRANCHES else ""
    if purpose or not name:
        why = f"the tag {name} is reserved for {purpose}" if purpose else _NO_NAME
        return TagPlan((sha,), f"branch {branch}: {why}, so only {sha.name}")
    latest = [Tag(LATEST, Rule.LATEST)] if branch == "main" else []
    return TagPlan((Tag(name, Rule.BRANCH), *latest, sha), f"branch {branch}")


def _git_tag(revision: Revision, tag: str, dag_type: str, dag_types: Collection[str]) -> TagPlan:
    # A shallow clone fetches no tags: none at the commit says nothing.
    if revision.tags and tag not in revision.tags:
        problem = f"commit {revision.commit[:7]} is checked out, with the tags {', '.join(revision.tags)}"
        remedy = "check out that tag, or give another ref"
        raise ConfigurationError([f"ref 'refs/tags/{tag}': {problem}: {remedy}"])
    owner, _, name = tag.rpartition("/")
    release = version(name)
    if release is None:
        return _no_version(revision, tag)
    if owner and owner not in dag_types:
        problem = f"tag {tag!r}: there is no DAG type {owner!r}{did_you_mean(owner, dag_types) or ':'}"
        types = ", ".join(sorted(dag_types))
        remedy = f"Rename the tag to <type>/{name} for one of {types}, or to {name} for all of them"
        raise ConfigurationError([f"{problem} {remedy}"])
    if owner not in ("", dag_type):
        return _other_type(tag, owner)
    return TagPlan(_released([release]), f"release {tag}")


def _no_version(revision: Revision, tag: str) -> TagPlan:
    sha = _sha(revision)
    name = _legal(tag)
    if not name:
        return TagPlan((sha,), f"tag {tag}: {_NO_NAME}, so only {sha.name}")
    if purpose := _reserved_for(name):
        reserved = "its name" if name == tag else f"its name in a registry, {name!r},"
        raise ConfigurationError(
            [f"tag {tag!r}: {reserved} is reserved for {purpose}: rename it; releases are named like v1.2.3"]
        )
    return TagPlan((Tag(name, Rule.BRANCH),), f"tag {tag}, which is no version")


def _checked_out(revision: Revision, dag_type: str, dag_types: Collection[str]) -> TagPlan:
    releases = [one for one in _releases(revision) if one.owner in ("", dag_type)]
    if releases:
        names = ", ".join(release.git_tag for release in releases)
        return TagPlan(_released([release.version for release in releases]), f"release {names}")
    if revision.branch is not None:
        return _branch(revision, revision.branch)
    for release in _releases(revision):
        if release.owner in dag_types:
            return _other_type(release.git_tag, release.owner)
    sha = _sha(revision)
    return TagPlan((sha,), f"commit {revision.commit[:7]}, on no branch and without a version tag")


class _Release(NamedTuple):
    """A git tag that is a release, of one DAG type or (owner '') of all."""

    version: Version
    git_tag: str
    owner: str


def _releases(revision: Revision) -> list[_Release]:
    """Return the releases at the commit, highest first."""
    parts = [(*tag.rpartition("/")[::2], tag) for tag in revision.tags]
    releases = [_Release(named, tag, owner) for owner, name, tag in parts if (named := version(name))]
    return sorted(releases, reverse=True)


def _released(versions: list[Version]) -> tuple[Tag, ...]:
    tags: list[Tag] = []
    for released in versions:
        tags.append(Tag(released.tag, Rule.RELEASE))
        if released.plain:
            tags += [Tag(line, Rule.FLOATING) for line in released.lines]
            tags.append(Tag(LATEST, Rule.LATEST))
    return tuple(sorted(dict.fromkeys(tags), key=lambda tag: list(Rule).index(tag.rule)))


def _other_type(tag: str, owner: str) -> TagPlan:
    return TagPlan((), f"{tag} releases only {owner}")


def _sha(revision: Revision) -> Tag:
    return Tag(f"sha-{revision.commit[:7]}", Rule.BRANCH)


def _legal(name: str) -> str:
    """Return the tag that docker/metadata-action makes of a name; empty if no character remains."""
    return re.sub(r"[^a-zA-Z0-9._-]+", "-", name).lstrip(".-")[:LONGEST]


def _reserved_for(name: str) -> str:
    """Return what a tag's name is reserved for; empty if branches and git tags may have it."""
    if version(name):
        return "a release"
    return next((purpose for pattern, purpose in _RESERVED if pattern.fullmatch(name)), "")
