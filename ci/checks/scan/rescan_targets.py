"""Which published images there are to be scanned, and one verdict where an image has several platforms."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import ConfigurationError
from ...image import oci
from .detections import ordered
from .verdict import Decision, Judged, State, Verdict

_STATES = (State.PASSED, State.FAILED, State.NOT_SCANNED)  # the better first
_TAGS = 8  # are named
_DECISIONS = (Decision.TOLERATED, Decision.IGNORED, Decision.FAILS)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Where a DAG type's image is to be: a repository and a tag."""

    dag: str
    repository: str
    tag: str

    def __str__(self) -> str:
        """The reference."""
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the registry says of a wanted image.

    ``manifest`` is the text of what the tag points to, or None where there is none; ``names`` are the tags
    that the repository has; ``problem`` says why the registry can't tell, else it is empty.
    """

    wanted: Wanted
    manifest: str | None = None
    names: tuple[str, ...] = ()
    problem: str = ""

    @property
    def digest(self) -> str:
        """The digest of the manifest."""
        return oci.Blob(text=self.manifest or "").digest

    @property
    def unpublished(self) -> bool:
        """Whether the registry can tell, and has neither the image nor any tag."""
        return self.manifest is None and not self.names and not self.problem


def answer(wanted: Wanted, told: Mapping[str, Any]) -> Answer:
    """An answer of ``Registry.look``, which has no problem."""
    manifest: str | None = told["manifests"].get(wanted.tag)
    return Answer(wanted=wanted, manifest=manifest, names=tuple(told["names"]))


def notes(answers: Sequence[Answer]) -> list[str]:
    """What a person is to know of types beside their verdicts: where the image is, or that there is none.

    Of a type whose image is missing for another reason, the verdict says so.
    """
    return [
        f"{each.wanted.dag}: {_never(each)}: nothing to scan"
        if each.unpublished
        else f"{each.wanted.dag}: what {each.wanted} points to"
        for each in answers
        if each.unpublished or each.manifest is not None
    ]


def missing(answer: Answer) -> str:
    """Why the image of a published type can't be scanned: the registry's problem, or which tags there are."""
    if answer.problem:
        return answer.problem
    newest = sorted(answer.names)[-_TAGS:]
    more = f" and {len(answer.names) - _TAGS} more" if len(answer.names) > _TAGS else ""
    advice = "publish it, or check --tag"
    return f"not published as {answer.wanted}, only as {', '.join(newest)}{more}: {advice}"


def nothing(answers: Sequence[Answer]) -> ConfigurationError:
    """The error where no type is published at all."""
    told = [f"  {each.wanted.dag}: {_never(each)}" for each in answers]
    advice = "publish first, or check --registry and --owner"
    return ConfigurationError([f"nothing is published that could be scanned: {advice}\n" + "\n".join(told)])


def images(manifest: str) -> list[str]:
    """The digests of the images that an index has, each once; empty where it is an image itself."""
    entries: list[dict[str, Any]] = json.loads(manifest).get("manifests") or []
    # What isn't for any platform is no image: builders put attestations into an index.
    digests = [each["digest"] for each in entries if _system(each) != "unknown"]
    return list(dict.fromkeys(digests))


def merged(verdicts: Sequence[tuple[str, Verdict]], digest: str) -> Verdict:
    """One verdict on an index, as bad as the worst of its images.

    Args:
        verdicts: each with its platform, of which two may have the same text; at least one.
        digest: of the index.
    """
    every = [each for _, each in verdicts]
    worst = max(every, key=lambda each: _STATES.index(each.state))
    reasons = dict.fromkeys(f"{name}: {reason}" for name, each in verdicts for reason in each.reasons)
    expired = dict.fromkeys(f"{name}: {reason}" for name, each in verdicts for reason in each.expired)
    found: dict[tuple[str, ...], Judged] = {}
    for judged in (judged for each in every for judged in each.found):
        key = judged.detection.key
        found[key] = max(
            found.get(key, judged), judged, key=lambda one: (_DECISIONS.index(one.decision), one.added)
        )
    unused = [each for each in every[0].unused if all(each in other.unused for other in every)]
    known = [each.database for each in every if each.database]
    return worst.model_copy(
        update={
            "image": digest,
            "base": ", ".join(dict.fromkeys(each.base for each in every if each.base)),
            "database": known[0] if known else None,
            "reasons": tuple(reasons),
            "expired": tuple(expired),
            "platform": "",
            "found": tuple(found[each.key] for each in ordered(each.detection for each in found.values())),
            "in_base": max(each.in_base for each in every),
            "unused": tuple(unused),
        }
    )


def _system(entry: dict[str, Any]) -> str:
    platform: dict[str, str] = entry.get("platform") or {}
    return platform.get("os", "")


def _never(each: Answer) -> str:
    return f"never published: {each.wanted.repository} has no tags"
