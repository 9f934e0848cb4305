"""The tags of an image: decided by the commit's branch, its git tags, and the ref of a pipeline's event.

Names become tags as docker/metadata-action makes them; versions are those of semver 2.0.0.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum

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
    "is no full ref of a branch, a tag or a pull request: expected refs/heads/<branch>, refs/tags/<tag>, "
    "refs/pull/<number>/merge, refs/pull/<number>/head or refs/merge-requests/<number>/…: "
    "give the event's whole ref, or none to go by what is checked out"
)
_KEPT = (
    (re.compile(rf"v?{_NUMBER}(?:\.{_NUMBER})?"), "a line of releases"),
    (re.compile(r"latest"), "the newest image"),
    (re.compile(r"|".join(BRANCHES)), "the branch of that name"),
    (re.compile(r"sha-[0-9a-f]+"), "a commit"),
    (re.compile(r"dirty-.*"), "a tree that differs from its commit"),
)
_NOTHING = "nothing of its name is legal in a registry"

LATEST = "latest"  # the tag of the newest image


class Rule(Enum):
    """How a tag may move once it exists; the values are in plan.json."""

    RELEASE = "release"  # never: it is immutable
    FLOATING = "line"  # v1, v1.2: to a greater release of its line, never back
    LATEST = "latest"  # to a later commit, and never to a lesser release
    BRANCH = "following"  # with its branch, commit, or git tag that is no version


@dataclass(frozen=True)
class Tag:
    """A tag to be pushed: 1 to 128 characters that a registry accepts, and how it may move."""

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
    """The tags that the image of a DAG type gets.

    Args:
        revision: what git says of the working tree.
        ref: the full ref of a pipeline's event, which then decides; empty on a laptop, where HEAD decides.
        dag_type: whose image it is.
        dag_types: the names of all DAG types, which git tags such as 'salesforce/v1.2.3' may name.

    Raises:
        ConfigurationError: the ref is none of a branch, tag or pull request, or isn't what is checked out; or
            its tag names no DAG type, or has a name that is kept for something else.
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
    told = f": {paths}{more}" if paths else ""
    reason = f"the tree differs from commit {revision.commit[:7]}{told}"
    return TagPlan((Tag(f"dirty-{difference[:12]}", Rule.BRANCH),), reason)


def _branch(revision: Revision, branch: str) -> TagPlan:
    sha = _sha(revision)
    name = _legal(branch)
    kept = _kept(name) if branch not in BRANCHES else ""
    if kept or not name:
        why = f"the tag {name} is kept for {kept}" if kept else _NOTHING
        return TagPlan((sha,), f"branch {branch}: {why}, so {sha.name} alone")
    latest = [Tag(LATEST, Rule.LATEST)] if branch == "main" else []
    return TagPlan((Tag(name, Rule.BRANCH), *latest, sha), f"branch {branch}")


def _git_tag(revision: Revision, tag: str, dag_type: str, dag_types: Collection[str]) -> TagPlan:
    # A shallow clone fetches no tags: none at the commit says nothing.
    if revision.tags and tag not in revision.tags:
        told = f"commit {revision.commit[:7]} is checked out, whose tags are {', '.join(revision.tags)}"
        raise ConfigurationError([f"ref 'refs/tags/{tag}': {told}: check out that tag, or give another ref"])
    owner, _, name = tag.rpartition("/")
    release = version(name)
    if release is None:
        return _no_version(revision, tag)
    if owner and owner not in dag_types:
        told = f"tag {tag!r}: no DAG type {owner!r}{did_you_mean(owner, dag_types) or ':'}"
        types = ", ".join(sorted(dag_types))
        remedy = f"Rename the tag to <type>/{name} for one of {types}, or to {name} for all of them"
        raise ConfigurationError([f"{told} {remedy}"])
    if owner not in ("", dag_type):
        return _of_another(tag, owner)
    return TagPlan(_released([release]), f"release {tag}")


def _no_version(revision: Revision, tag: str) -> TagPlan:
    sha = _sha(revision)
    name = _legal(tag)
    if not name:
        return TagPlan((sha,), f"tag {tag}: {_NOTHING}, so {sha.name} alone")
    kept = _kept(name)
    if kept:
        shown = "its name" if name == tag else f"{name!r}, as it would be in a registry,"
        raise ConfigurationError(
            [f"tag {tag!r}: {shown} is kept for {kept}: rename the git tag; a release is called like v1.2.3"]
        )
    return TagPlan((Tag(name, Rule.BRANCH),), f"tag {tag}, no version")


def _checked_out(revision: Revision, dag_type: str, dag_types: Collection[str]) -> TagPlan:
    found = [(owner, release, tag) for owner, release, tag in _releases(revision) if owner in ("", dag_type)]
    if found:
        names = ", ".join(tag for _, _, tag in found)
        return TagPlan(_released([release for _, release, _ in found]), f"release {names}")
    if revision.branch is not None:
        return _branch(revision, revision.branch)
    for owner, _, tag in _releases(revision):
        if owner in dag_types:
            return _of_another(tag, owner)
    sha = _sha(revision)
    return TagPlan((sha,), f"commit {revision.commit[:7]}, on no branch and without a version's tag")


def _releases(revision: Revision) -> list[tuple[str, Version, str]]:
    """Who is released ('' for all), as which version, by which git tag; highest first."""
    parts = [(*tag.rpartition("/")[::2], tag) for tag in revision.tags]
    found = [(owner, release, tag) for owner, name, tag in parts if (release := version(name))]
    return sorted(found, key=lambda item: (item[1], item[2]), reverse=True)


def _released(releases: list[Version]) -> tuple[Tag, ...]:
    tags: list[Tag] = []
    for release in releases:
        tags.append(Tag(release.tag, Rule.RELEASE))
        if release.plain:
            tags += [Tag(line, Rule.FLOATING) for line in release.lines]
            tags.append(Tag(LATEST, Rule.LATEST))
    return tuple(sorted(dict.fromkeys(tags), key=lambda tag: list(Rule).index(tag.rule)))


def _of_another(tag: str, owner: str) -> TagPlan:
    return TagPlan((), f"{tag} releases {owner} alone")


def _sha(revision: Revision) -> Tag:
    return Tag(f"sha-{revision.commit[:7]}", Rule.BRANCH)


def _legal(name: str) -> str:
    """The name as docker/metadata-action makes a tag of it; empty where nothing is left."""
    return re.sub(r"[^a-zA-Z0-9._-]+", "-", name).lstrip(".-")[:LONGEST]


def _kept(name: str) -> str:
    """What a tag's name is kept for, other than branches and git tags; empty where for nothing."""
    if version(name):
        return "a release"
    return next((purpose for pattern, purpose in _KEPT if pattern.fullmatch(name)), "")
