"""What is done with each planned tag, given the registry's state: set, kept where it is, or refused."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from ..errors import ConfigurationError
from .tags import Rule, Tag, Version, version

# The label with an image's commit, by the OCI image specification 1.1 (annotations.md).
LABEL = "org.opencontainers.image.revision"


class Action(Enum):
    """What is done with a tag."""

    SET = "set"  # to be written
    SAME = "same"  # points to the image already
    KEPT = "kept"  # stays where it is, on purpose
    REFUSED = "refused"  # a mistake: the publish of this DAG type fails


@dataclass(frozen=True)
class TagUpdate:
    """What is done with one tag, and the reason in one line."""

    tag: str
    action: Action
    why: str


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """The image to be published: its digest, and the commit it was built from."""

    digest: str
    commit: str


@dataclass(frozen=True, kw_only=True)
class RegistryState:
    """What the registry has of one DAG type, and how its commits relate to the candidate's.

    Args:
        digests: the digest of every planned tag that exists.
        names: all tags that exist.
        commits: by digest, the commit in the label of each image; absent where it has no label.
        descends: by commit, whether the candidate's descends from it; None where the history is shallow or
            lacks that commit.
        later: those commits that descend from the candidate's.
    """

    digests: Mapping[str, str]
    names: Collection[str]
    commits: Mapping[str, str]
    descends: Mapping[str, bool | None]
    later: Collection[str] = ()


def decide(tags: Sequence[Tag], candidate: Candidate, state: RegistryState) -> tuple[TagUpdate, ...]:
    """Return one update per planned tag, in their order."""
    releases = [tag.name for tag in tags if tag.rule is Rule.RELEASE]
    refused = [name for name in releases if state.digests.get(name, candidate.digest) != candidate.digest]
    rules = _Rules(
        candidate=candidate,
        state=state,
        refused=refused,
        releases=[release for release in map(version, releases) if release],
    )
    return tuple(TagUpdate(tag.name, *rules.action(tag)) for tag in tags)


def with_action(updates: Iterable[TagUpdate], action: Action) -> dict[str, str]:
    """Return the tags with an action, each with the reason."""
    return {update.tag: update.why for update in updates if update.action is action}


@dataclass(frozen=True, kw_only=True)
class _Rules:
    """The rules for one candidate; ``refused`` are planned releases that have another digest already."""

    candidate: Candidate
    state: RegistryState
    refused: Sequence[str]
    releases: Sequence[Version]

    def action(self, tag: Tag) -> tuple[Action, str]:
        """Return what is done with a planned tag, and why."""
        digest = self.state.digests.get(tag.name)
        if digest == self.candidate.digest:
            return Action.SAME, "is this image already"
        if tag.name in self.refused:
            why = f"is released as {digest} and never changes, but this image is {self.candidate.digest}"
            return Action.REFUSED, f"{why}: release a new version"
        keeps = ""
        if tag.rule in (Rule.FLOATING, Rule.LATEST):
            keeps = self._release_keeps(tag)
        if not keeps and digest is not None and tag.rule is Rule.LATEST:
            keeps = self._history_keeps(digest)
        if digest is not None and tag.rule is Rule.BRANCH:
            keeps = self._later_commit_keeps(digest)
        if keeps:
            return Action.KEPT, keeps
        return Action.SET, "is new" if digest is None else f"moves from {digest}"

    def _release_keeps(self, tag: Tag) -> str:
        """Return why a release may not move a floating tag or latest; empty where it may."""
        if self.refused:  # the publish fails: nothing that users follow moves with it
            return f"{', '.join(self.refused)} was refused"
        own = [release for release in self.releases if _covers(tag, release)]
        newer = [
            release
            for release in map(version, self.state.names)
            if release and release.final and _covers(tag, release) and own and release > max(own)
        ]
        # Equal versions may be spelt in several ways: the spelling makes it one answer for one input.
        return f"{max(newer, key=lambda release: (release, release.tag)).tag} is newer" if newer else ""

    def _later_commit_keeps(self, digest: str) -> str:
        """Return why a branch's tag stays at a later commit, as when an old run is repeated."""
        commit = self.state.commits.get(digest, "")
        if commit not in self.state.later:
            return ""
        own = self.candidate.commit[:7]
        return f"points to commit {commit[:7]}, which comes after {own}: promote this image to move it"

    def _history_keeps(self, digest: str) -> str:
        """Return why latest may not move from an image to the candidate's commit; empty where it may."""
        commit = self.state.commits.get(digest)
        if not commit:
            return (
                f"points to {digest}, which has no label {LABEL} to compare with: "
                "promote this image to move it"
            )
        own = self.candidate.commit
        descends = True if commit == own else self.state.descends.get(commit)
        if descends is None:
            return (
                f"points to commit {commit[:7]}, and the git history is shallow or lacks that commit: "
                "fetch the whole history (in GitHub Actions fetch-depth: 0)"
            )
        return "" if descends else f"points to commit {commit[:7]}, from which {own[:7]} doesn't descend"


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
