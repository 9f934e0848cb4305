"""What may be done with each planned tag, given what the registry has: set, left where it is, or refused."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from ..errors import ConfigurationError
from .tags import Rule, Tag, Version, version

# The label with an image's commit, as the OCI image specification 1.1 calls it (annotations.md).
LABEL = "org.opencontainers.image.revision"


class Action(Enum):
    """What is done with a tag."""

    SET = "set"  # to be written
    SAME = "same"  # ours already
    LEFT = "left"  # stays where it is, on purpose
    REFUSED = "refused"  # a mistake: the publish of this DAG type fails


@dataclass(frozen=True)
class Move:
    """What is done with one tag, and in one line why."""

    tag: str
    action: Action
    why: str


@dataclass(frozen=True, kw_only=True)
class Ours:
    """The image to be published: its digest, and the commit it was built from."""

    digest: str
    commit: str


@dataclass(frozen=True, kw_only=True)
class There:
    """What the registry has of one DAG type, and what git says of it.

    Args:
        digests: the digest of every planned tag that exists.
        names: all tags that exist.
        commits: by digest, the commit in the label of each image; absent where it has no label.
        descends: by commit, whether ours descends from it; none where history doesn't say: it is shallow, or
            lacks that commit.
        later: those commits that descend from ours.
    """

    digests: Mapping[str, str]
    names: Collection[str]
    commits: Mapping[str, str]
    descends: Mapping[str, bool | None]
    later: Collection[str] = ()


def decide(plan_tags: Sequence[Tag], ours: Ours, there: There) -> tuple[Move, ...]:
    """One move per planned tag, in their order."""
    released = [tag.name for tag in plan_tags if tag.rule is Rule.RELEASE]
    refused = [name for name in released if there.digests.get(name, ours.digest) != ours.digest]
    releases = [found for found in map(version, released) if found]
    return tuple(Move(tag.name, *_decide(tag, ours, there, refused, releases)) for tag in plan_tags)


def _decide(
    tag: Tag, ours: Ours, there: There, refused: list[str], releases: list[Version]
) -> tuple[Action, str]:
    digest = there.digests.get(tag.name)
    if digest == ours.digest:
        return Action.SAME, "is this image already"
    if tag.name in refused:
        told = f"is released as {digest} and never changes, but this image is {ours.digest}"
        return Action.REFUSED, f"{told}: release a new version"
    stays = _held(tag, there, refused, releases) if tag.rule in (Rule.LINE, Rule.LATEST) else ""
    if not stays and digest is not None and tag.rule is Rule.LATEST:
        stays = _not_later(digest, ours, there)
    if digest is not None and tag.rule is Rule.FOLLOWING:
        stays = _overtaken(digest, ours, there)
    if stays:
        return Action.LEFT, stays
    return Action.SET, "is new" if digest is None else f"moves from {digest}"


def _held(tag: Tag, there: There, refused: list[str], releases: list[Version]) -> str:
    """Why a release may not move its line or latest; empty where it may, or where nothing is released."""
    if refused:  # the publish fails: nothing that users follow moves with it
        return f"{', '.join(refused)} was refused"
    ours = [release for release in releases if _within(tag, release)]
    newer = [
        found
        for found in map(version, there.names)
        if found and not found.pre and _within(tag, found) and ours and found > max(ours)
    ]
    # Equal versions may be spelt in several ways: the spelling makes it one answer for one input.
    return f"{max(newer, key=lambda found: (found, found.tag)).tag} is newer" if newer else ""


def _within(tag: Tag, release: Version) -> bool:
    return tag.rule is Rule.LATEST or tag.name in release.lines


def _overtaken(digest: str, ours: Ours, there: There) -> str:
    """Why a branch's tag stays where a later commit has put it, as when an old run is repeated."""
    commit = there.commits.get(digest, "")
    if commit not in there.later:
        return ""
    return (
        f"points to commit {commit[:7]}, which comes after {ours.commit[:7]}: promote this image to move it"
    )


def _not_later(digest: str, ours: Ours, there: There) -> str:
    """Why latest may not move to our commit from the image it points to; empty where it may."""
    commit = there.commits.get(digest)
    if not commit:
        return (
            f"points to {digest}, which has no label {LABEL} to compare with: promote this image to move it"
        )
    descends = True if commit == ours.commit else there.descends.get(commit)
    if descends is None:
        return (
            f"points to commit {commit[:7]}, and history is shallow or doesn't know that commit: "
            "fetch the whole history (in GitHub Actions fetch-depth: 0)"
        )
    return "" if descends else f"points to commit {commit[:7]}, from which {ours.commit[:7]} doesn't descend"


def released(tags: Iterable[str]) -> list[Version]:
    """The finished releases among tags, greatest first; pre-releases are none."""
    found = [each for each in map(version, tags) if each and not each.pre]
    return sorted(found, key=lambda each: (each, each.tag), reverse=True)


def previous(latest: str | None, digests: Mapping[str, str]) -> Version:
    """The release to go back to.

    Args:
        latest: digest that latest points to; None where there is no such tag.
        digests: of every release's tag.

    Raises:
        ConfigurationError: there is none.
    """
    found = released(digests)
    current = next((each for each in found if digests[each.tag] == latest), None)
    # Where latest is no release, but a branch's image, the greatest release is the way back.
    earlier = [each for each in found if digests[each.tag] != latest and (current is None or each < current)]
    if not earlier:
        known = ", ".join(each.tag for each in found) or "none"
        told = f"releases are: {known}; promote an image by its digest instead"
        raise ConfigurationError([f"there is no earlier release than what latest points to: {told}"])
    return earlier[0]
