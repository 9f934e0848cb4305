"""The tags of an image: decided by the commit's branch, its git tags, and the ref of a pipeline's event.

Names become tags as docker/metadata-action makes them.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from ..config.names import LONGEST_TAG, is_referrers
from ..config.revision import Revision
from ..errors import ConfigurationError, did_you_mean
from .versions import LINE, Version, version

BRANCHES = ("main", "develop")  # the branches whose names no other branch or git tag may take

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
    (LINE, "the newest of several releases"),
    (re.compile(r"latest"), "the newest image"),
    (re.compile(r"|".join(BRANCHES)), "the branch of that name"),
    (re.compile(r"sha-[0-9a-f]+"), "a commit"),
    (re.compile(r"dirty-.*"), "a tree that differs from its commit"),
    (re.compile(r"not-latest-[0-9a-f]+"), "a commit that latest was taken from"),
)
_NO_NAME = "no character of its name is allowed in a registry's tag"

LATEST = "latest"  # the tag of the newest image


def withdrawn(commit: str) -> str:
    """Return the tag of an image that latest was moved away from by hand: no publish moves it back there."""
    return f"not-latest-{commit[:12]}"


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


@dataclass(frozen=True, kw_only=True)
class TypeNaming:
    """What the names of images allow as the tag of one DAG type.

    ``dag_type`` is its name, ``dag_types`` those of the catalog. A tag may have ``longest`` characters;
    ``taken`` returns what else it would be read as, or an empty string.
    """

    dag_type: str
    dag_types: Collection[str]
    longest: int = LONGEST_TAG
    taken: Callable[[str], str] = lambda _: ""

    def legal(self, name: str) -> str:
        """Return the tag that docker/metadata-action makes of a name; empty if no character remains."""
        return re.sub(r"[^a-zA-Z0-9._-]+", "-", name).lstrip(".-")[: self.longest]

    def reserved_for(self, tag: str) -> str:
        """Return what a tag is reserved for; empty if branches and git tags may have it."""
        if version(tag):
            return "a release"
        if is_referrers(tag):
            return "an image's signatures"
        return next((purpose for name, purpose in _RESERVED if name.fullmatch(tag)), "") or self.taken(tag)


def plan(revision: Revision, ref: str, naming: TypeNaming) -> TagPlan:
    """Return the tags of a DAG type's image.

    Args:
        revision: commit, branch and git tags of the working tree.
        ref: the full ref of a pipeline's event, which then decides; empty on a laptop, where HEAD decides.
        naming: whose image it is, and the types that git tags such as 'salesforce/v1.2.3' may name.

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
        return _checked_out(revision, naming)
    if event["branch"]:
        return _branch(revision, event["branch"], naming)
    return _git_tag(revision, event["tag"], naming)


def _dirty(revision: Revision, difference: str) -> TagPlan:
    paths = ", ".join(map(repr, revision.changed[:3]))
    more = " and more" if len(revision.changed) > 3 else ""
    listed = f": {paths}{more}" if paths else ""
    reason = f"the tree differs from commit {revision.commit[:7]}{listed}"
    return TagPlan((Tag(f"dirty-{difference[:12]}", Rule.BRANCH),), reason)


def _branch(revision: Revision, branch: str, naming: TypeNaming) -> TagPlan:
    sha = _sha(revision)
    name = naming.legal(branch)
    # Whether another DAG type would read it holds for main, too.
    purpose = naming.taken(name) if branch in BRANCHES else naming.reserved_for(name)
    if purpose or not name:
        why = f"the tag {name} is reserved for {purpose}" if purpose else _NO_NAME
        return TagPlan((sha,), f"branch {branch}: {why}, so only {sha.name}")
    latest = [Tag(LATEST, Rule.LATEST)] if branch == "main" else []
    return TagPlan((Tag(name, Rule.BRANCH), *latest, sha), f"branch {branch}")


def _git_tag(revision: Revision, tag: str, naming: TypeNaming) -> TagPlan:
    # A shallow clone fetches no tags: none at the commit says nothing.
    if revision.tags and tag not in revision.tags:
        problem = f"commit {revision.commit[:7]} is checked out, with the tags {', '.join(revision.tags)}"
        remedy = "check out that tag, or give another ref"
        raise ConfigurationError([f"ref 'refs/tags/{tag}': {problem}: {remedy}"])
    owner, _, name = tag.rpartition("/")
    release = version(name)
    if release is None:
        return _no_version(revision, tag, naming)
    if owner and owner not in naming.dag_types:
        raise ConfigurationError([_no_type(tag, naming.dag_types)])
    if owner not in ("", naming.dag_type):
        return _other_type(tag, owner)
    return _release([release], tag)


def notes(revision: Revision, dag_types: Collection[str]) -> tuple[str, ...]:
    """Return the notes on git tags at HEAD that release no DAG type; they may be mistyped, or of others."""
    unknown = [release for release in _releases(revision) if release.owner not in ("", *dag_types)]
    return tuple(_no_type(release.git_tag, dag_types) for release in unknown)


def _no_type(tag: str, dag_types: Collection[str]) -> str:
    owner, _, name = tag.rpartition("/")
    problem = f"tag {tag!r}: there is no DAG type {owner!r}{did_you_mean(owner, dag_types) or ':'}"
    types = ", ".join(sorted(dag_types))
    return f"{problem} Rename the tag to <type>/{name} for one of {types}, or to {name} for all of them"


def _no_version(revision: Revision, tag: str, naming: TypeNaming) -> TagPlan:
    sha = _sha(revision)
    name = naming.legal(tag)
    if not name:
        return TagPlan((sha,), f"tag {tag}: {_NO_NAME}, so only {sha.name}")
    if purpose := naming.reserved_for(name):
        reserved = "its name" if name == tag else f"its name in a registry, {name!r},"
        raise ConfigurationError(
            [f"tag {tag!r}: {reserved} is reserved for {purpose}: rename it; releases are named like v1.2.3"]
        )
    return TagPlan((Tag(name, Rule.BRANCH),), f"tag {tag}, which is no version")


def _checked_out(revision: Revision, naming: TypeNaming) -> TagPlan:
    releases = [one for one in _releases(revision) if one.owner in ("", naming.dag_type)]
    if releases:
        names = ", ".join(release.git_tag for release in releases)
        return _release([release.version for release in releases], names)
    if revision.branch is not None:
        return _branch(revision, revision.branch, naming)
    for release in _releases(revision):
        if release.owner in naming.dag_types:
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


def _release(versions: list[Version], git_tags: str) -> TagPlan:
    latest = [Tag(LATEST, Rule.LATEST)] if any(released.plain for released in versions) else []
    return TagPlan((*with_lines(versions), *latest), f"release {git_tags}")


def with_lines(versions: Collection[Version]) -> tuple[Tag, ...]:
    """Return the tags of releases, and after them those of the lines that they may move."""
    lines = [line for released in versions if released.plain for line in released.lines]
    return (
        *dict.fromkeys(Tag(released.tag, Rule.RELEASE) for released in versions),
        *dict.fromkeys(Tag(line, Rule.FLOATING) for line in lines),
    )


def _other_type(tag: str, owner: str) -> TagPlan:
    return TagPlan((), f"{tag} releases only {owner}")


def _sha(revision: Revision) -> Tag:
    return Tag(f"sha-{revision.commit[:7]}", Rule.BRANCH)
