"""What is done with each planned tag, given the registry's state: set, kept where it is, or refused."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from ..errors import ConfigurationError
from .tags import Rule, Tag, withdrawn
from .versions import Version, version

# The label with an image's commit, by the OCI image specification 1.1 (annotations.md).
LABEL = "org.opencontainers.image.revision"

_PROMOTE = "promote this image to move it"


class Action(Enum):
    """What is done with a tag."""

    SET = "set"  # to be written
    SAME = "same"  # points to the image already
    KEPT = "kept"  # stays where it is, on purpose
    MENDED = "mended"  # to be written to a greater release, whose own publish was cut off before it did
    REFUSED = "refused"  # a mistake: the publish of this DAG type fails


@dataclass(frozen=True)
class TagUpdate:
    """What is done with one tag, the reason in one line, and the digest that it is to have, if written."""

    tag: str
    action: Action
    why: str
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """The image to be published: its digest, and the commit it was built from.

    ``created`` is the commit's time as labels have it; ``merged`` says whether main has the commit, None if
    that is unknown.
    """

    digest: str
    commit: str
    created: str = ""
    merged: bool | None = None


@dataclass(frozen=True, kw_only=True)
class RegistryState:
    """What the registry has of one DAG type, and how its commits relate to the candidate's.

    Args:
        digests: the digest of every planned tag that exists, and of the ``greatest`` releases.
        names: all tags that exist.
        commits: by digest, the commit in the label of each image; absent where it has no label.
        descends: by commit, whether the candidate's descends from it; None where the history is shallow or
            lacks that commit.
        later: those commits that descend from the candidate's.
        created: by digest, the commit's time in the label of each image.
        shallow: the history is cut off.
    """

    digests: Mapping[str, str]
    names: Collection[str]
    commits: Mapping[str, str]
    descends: Mapping[str, bool | None]
    later: Collection[str] = ()
    created: Mapping[str, str] = field(default_factory=dict[str, str])
    shallow: bool = False


def decide(tags: Sequence[Tag], candidate: Candidate, state: RegistryState) -> tuple[TagUpdate, ...]:
    """Return one update per planned tag, in their order."""
    planned = [tag.name for tag in tags if tag.rule is Rule.RELEASE]
    rules = _Rules(
        candidate=candidate,
        state=state,
        refused=[name for name in planned if state.digests.get(name, candidate.digest) != candidate.digest],
        releases=_plain(planned),
    )
    return tuple(rules.update(tag) for tag in tags)


def to_write(updates: Sequence[TagUpdate]) -> tuple[TagUpdate, ...]:
    """Return what is to be written, in an order that may be cut off anywhere.

    A release comes before what it moves: lesser ones see it, and hold back. A branch's tag comes last: it
    says that nothing is due any more.
    """
    written = [update for update in updates if update.action in (Action.SET, Action.MENDED)]
    return tuple(written if any(version(update.tag) for update in updates) else reversed(written))


def greatest(tags: Sequence[Tag], names: Iterable[str]) -> frozenset[str]:
    """Return the greatest releases among tags of the registry, of each planned line."""
    releases = _plain(names)
    lines = [[one for one in releases if _covers(tag, one)] for tag in tags if tag.rule is Rule.FLOATING]
    return frozenset(max(covered).tag for covered in lines if covered)


def with_action(updates: Iterable[TagUpdate], action: Action) -> dict[str, str]:
    """Return the tags with an action, each with the reason."""
    return {update.tag: update.why for update in updates if update.action is action}


@dataclass(frozen=True, kw_only=True)
class _Rules:
    """The rules for one candidate.

    ``refused`` are planned releases that have another digest already, ``releases`` the planned ones that may
    move other tags.
    """

    candidate: Candidate
    state: RegistryState
    refused: Sequence[str]
    releases: Sequence[Version]

    def update(self, tag: Tag) -> TagUpdate:
        """Return what is done with a planned tag, and why."""
        current = self.state.digests.get(tag.name)
        if tag.rule is Rule.FLOATING and not self.refused and (newer := self._newer(tag)):
            return self._newer_line(tag, newer, current)
        if current == self.candidate.digest:
            return TagUpdate(tag.name, Action.SAME, "is this image already")
        if tag.name in self.refused:
            why = f"is released as {current} and never changes, but this image is {self.candidate.digest}"
            return TagUpdate(tag.name, Action.REFUSED, f"{why}: release a new version")
        if why := self._keeps(tag, current):
            return TagUpdate(tag.name, Action.KEPT, why)
        why = "is new" if current is None else f"moves from {current}"
        return TagUpdate(tag.name, Action.SET, why, self.candidate.digest)

    def _newer(self, tag: Tag) -> Version | None:
        """Return the greatest release in the registry above those that would move a tag."""
        own = [release for release in self.releases if _covers(tag, release)]
        existing = [release for release in _plain(self.state.names) if _covers(tag, release)]
        newer = [release for release in existing if own and release > max(own)]
        # Equal versions may be spelt in several ways: the spelling makes it one answer for one input.
        return max(newer, key=lambda release: (release, release.tag), default=None)

    def _newer_line(self, tag: Tag, newer: Version, current: str | None) -> TagUpdate:
        greatest = self.state.digests.get(newer.tag)
        if greatest is None or greatest == current:
            action = Action.SAME if current == self.candidate.digest else Action.KEPT
            return TagUpdate(tag.name, action, f"{newer.tag} is newer")
        why = f"was not at {newer.tag}, the greatest release of that line, and is moved there"
        return TagUpdate(tag.name, Action.MENDED, why, greatest)

    def _keeps(self, tag: Tag, current: str | None) -> str:
        """Return why a tag may not move from a digest, or come to be; empty where it may."""
        if tag.rule in (Rule.FLOATING, Rule.LATEST) and self.refused:
            # The publish fails: nothing that users follow moves with it.
            return f"{', '.join(self.refused)} was refused"
        if tag.rule is Rule.LATEST:
            return self._release_keeps(tag) or (self._latest_keeps(current) if current else "")
        return self._branch_keeps(current) if tag.rule is Rule.BRANCH and current else ""

    def _release_keeps(self, tag: Tag) -> str:
        """Return why a release may not move latest; empty where it may, or none is planned."""
        if newer := self._newer(tag):
            return f"{newer.tag} is newer"
        if self.releases and self.candidate.merged is False:
            # main could never move it again from a commit that it lacks.
            return f"follows main, which lacks commit {self._own}: merge it, or {_PROMOTE}"
        return ""

    def _latest_keeps(self, digest: str) -> str:
        """Return why latest may not move from an image to the candidate's commit; empty where it may."""
        commit = self.state.commits.get(digest)
        if withdrawn(self.candidate.commit) in self.state.names:
            return f"was moved away from commit {self._own} by rollback or promote: {_PROMOTE} back"
        if not commit:
            return f"points to {digest}, which has no label {LABEL} to compare with: {_PROMOTE}"
        descends = True if commit == self.candidate.commit else self.state.descends.get(commit)
        if descends is None:
            return self._unknown(commit)
        return "" if descends else f"points to commit {commit[:7]}, from which {self._own} doesn't descend"

    def _branch_keeps(self, digest: str) -> str:
        """Return why a branch's tag stays, as when an old run is repeated; empty where it may move."""
        commit = self.state.commits.get(digest, "")
        if commit in ("", self.candidate.commit) or self.state.descends.get(commit):
            return ""
        if commit in self.state.later:
            return f"points to commit {commit[:7]}, which comes after {self._own}: {_PROMOTE}"
        if self.state.descends.get(commit) is False:
            return ""
        # A commit that was rebased or amended away is in no clone. What comes after another isn't older.
        older = self.state.created.get(digest, "") < self.candidate.created
        return "" if older and not self.state.shallow else self._unknown(commit)

    def _unknown(self, commit: str) -> str:
        if self.state.shallow:
            remedy = "fetch the whole history before the next publish (in GitHub Actions fetch-depth: 0)"
            return f"points to commit {commit[:7]}, and the git history is shallow: {remedy}"
        why = "which the git history lacks, as after a forced push"
        return f"points to commit {commit[:7]}, {why}: {_PROMOTE}, or fetch that commit"

    @property
    def _own(self) -> str:
        return self.candidate.commit[:7]


def _plain(names: Iterable[str]) -> list[Version]:
    """Return the releases that move other tags, and so hold each other back."""
    return [release for release in map(version, names) if release and release.plain]


def _covers(tag: Tag, release: Version) -> bool:
    return tag.rule is Rule.LATEST or tag.name in release.lines


def released(tags: Iterable[str]) -> list[Version]:
    """Return the finished releases among tags, greatest first; pre-releases are left out."""
    releases = [release for release in map(version, tags) if release and release.final]
    return sorted(releases, key=lambda release: (release, release.tag), reverse=True)


def previous(latest: str | None, digests: Mapping[str, str]) -> Version:
    """Return the release to go back to.

    Args:
        latest: digest that latest points to; None where there is no such tag.
        digests: of every release's tag.

    Raises:
        ConfigurationError: there is none.
    """
    releases = released(digests)
    current = next((release for release in releases if digests[release.tag] == latest), None)
    # Where latest is no release, but a branch's image, the greatest release is the way back.
    earlier = [
        release
        for release in releases
        if digests[release.tag] != latest and (current is None or release < current)
    ]
    if not earlier:
        known = ", ".join(release.tag for release in releases) or "none"
        problem = f"no release is earlier than what latest points to (releases: {known})"
        raise ConfigurationError([f"{problem}: promote an image by its digest instead"])
    return earlier[0]
