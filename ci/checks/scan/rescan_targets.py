"""Targets of a rescan: the published images by tag, and one verdict for an image of several platforms."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ...config.names import Names
from ...errors import ConfigurationError, collect
from ...image import oci
from ...tools.repository_content import RepositoryContent
from .detections import ordered
from .verdict import Decision, Judged, State, Verdict

_STATES = (State.PASSED, State.FAILED, State.NOT_SCANNED)  # the better first
_DECISIONS = (Decision.TOLERATED, Decision.IGNORED, Decision.FAILS)
_TAGS = 8  # at most this many are listed


@dataclass(frozen=True, kw_only=True)
class Target:
    """The repository and tag of a DAG type's image."""

    dag: str
    repository: str
    tag: str

    def __str__(self) -> str:
        """Return the reference."""
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True, kw_only=True)
class TargetState:
    """What the registry has of a target.

    ``manifest`` is None where there is no such tag; ``tags`` are those of the repository; ``problem`` says
    why the registry could not be asked, or is empty.
    """

    target: Target
    manifest: str | None = None
    tags: tuple[str, ...] = ()
    problem: str = ""

    @property
    def digest(self) -> str:
        """The digest of the manifest."""
        return oci.Blob(text=self.manifest or "").digest

    @property
    def unpublished(self) -> bool:
        """Whether the repository has neither the image nor any tag."""
        return self.manifest is None and not self.tags and not self.problem


def targets(dag_types: Sequence[str], names: Names, version: str) -> list[Target]:
    """Return the target of each DAG type: its image with the tag of a version, such as "latest"."""

    def target(name: str) -> Target:
        return Target(dag=name, repository=names.repository(name), tag=names.tag(name, version))

    return collect([lambda name=name: target(name) for name in dag_types])


def state(target: Target, content: RepositoryContent) -> TargetState:
    """Return the state of a target, from the content of its repository."""
    manifest = content.manifests.get(target.tag)
    return TargetState(target=target, manifest=manifest, tags=content.names, problem=content.problem)


def notes(states: Sequence[TargetState]) -> list[str]:
    """Return which image was scanned of each type, or that none is published; verdicts say all else."""
    return [
        f"{one.target.dag}: {_never(one)}" if one.unpublished else f"{one.target.dag}: scanned {one.target}"
        for one in states
        if one.unpublished or one.manifest is not None
    ]


def missing(state: TargetState) -> str:
    """Return why the image cannot be scanned: the registry's problem, or the tags that exist instead."""
    if state.problem:
        return state.problem
    newest = ", ".join(sorted(state.tags)[-_TAGS:])
    more = f" and {len(state.tags) - _TAGS} more" if len(state.tags) > _TAGS else ""
    return f"{state.target} does not exist (published tags: {newest}{more}): publish it, or check --tag"


def nothing_published(states: Sequence[TargetState]) -> ConfigurationError:
    """Return the error where no type is published at all."""
    lines = "\n".join(f"  {one.target.dag}: {_never(one)}" for one in states)
    remedy = "publish first, or check --registry and --owner"
    return ConfigurationError([f"no published image to scan: {remedy}\n{lines}"])


def images(manifest: str) -> list[str]:
    """Return the digests of the images in an index, without duplicates; empty for an image."""
    entries: list[dict[str, Any]] = json.loads(manifest).get("manifests") or []
    # Builders put attestations into an index, as entries for an unknown platform.
    digests = [entry["digest"] for entry in entries if _system(entry) != "unknown"]
    return list(dict.fromkeys(digests))


def merged(verdicts: Sequence[tuple[str, Verdict]], digest: str) -> Verdict:
    """Return one verdict on an index, as bad as the worst of its images, given with their platforms."""
    every = [verdict for _, verdict in verdicts]
    worst = max(every, key=lambda verdict: _STATES.index(verdict.state))
    by_key: dict[tuple[str, ...], Judged] = {}
    for judged in (judged for verdict in every for judged in verdict.found):
        known = by_key.get(judged.detection.key, judged)
        by_key[judged.detection.key] = max(
            known, judged, key=lambda one: (_DECISIONS.index(one.decision), one.added)
        )
    in_order = ordered(judged.detection for judged in by_key.values())
    databases = [verdict.database for verdict in every if verdict.database]
    return worst.model_copy(
        update={
            "image": digest,
            "base": ", ".join(dict.fromkeys(verdict.base for verdict in every if verdict.base)),
            "database": databases[0] if databases else None,
            "reasons": _by_platform((name, verdict.reasons) for name, verdict in verdicts),
            "expired": _by_platform((name, verdict.expired) for name, verdict in verdicts),
            "platform": "",
            "found": tuple(by_key[detection.key] for detection in in_order),
            "in_base": max(verdict.in_base for verdict in every),
            "unused": tuple(
                ignore for ignore in every[0].unused if all(ignore in verdict.unused for verdict in every)
            ),
        }
    )


def _by_platform(reasons: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{platform}: {text}" for platform, texts in reasons for text in texts))


def _system(entry: dict[str, Any]) -> str:
    platform: dict[str, str] = entry.get("platform") or {}
    return platform.get("os", "")


def _never(state: TargetState) -> str:
    return f"never published ({state.target.repository} has no tags)"
