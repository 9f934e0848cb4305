"""What is to be published: each DAG type with its repository and its tags, before anything is built."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace

from ..config.catalog import Catalog
from ..config.dag_type import DagType
from ..config.names import Names, names
from ..config.publish import PublishSettings
from ..config.revision import Revision, SourceInfo, origin
from ..errors import collect
from ..image import labels
from . import tags
from .tags import Plan


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One DAG type: its plan, its repository, and the registry's tag for each version of the plan."""

    dag_type: DagType
    plan: Plan
    repository: str
    tags: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Intent:
    """A whole publish: who, from which commit, under which names."""

    names: Names
    owner: str
    sources: SourceInfo
    planned: tuple[Planned, ...]


def intend(  # noqa: PLR0913 - each comes from another place
    catalog: Catalog,
    chosen: Sequence[DagType],
    revision: Revision,
    settings: PublishSettings,
    *,
    ref: str,
    registry: str,
    owner: str,
) -> Intent:
    """The plan of a publish.

    Args:
        catalog: all DAG types, whose names a tag may release.
        chosen: those to publish.
        revision: what git says.
        settings: images/publish.toml.
        ref: the event's ref in a pipeline, else empty.
        registry: in the place of the settings', else empty.
        owner: in the place of the remote's, else empty.

    Raises:
        ConfigurationError: with every name and tag that can't be.
    """
    found = origin(revision.remote)
    everyone = [*catalog.types, *catalog.problems]
    called = names(settings, registry, owner, found)
    planned = collect([lambda each=each: _planned(each, called, revision, ref, everyone) for each in chosen])
    return Intent(
        names=called,
        owner=owner or (found.owner if found else ""),
        sources=SourceInfo(revision=revision, origin=found, organisation=settings.labels),
        planned=tuple(planned),
    )


def dry(intent: Intent) -> Intent:
    """The same without any tag: everything is made and checked, nothing is pushed."""
    planned = [
        replace(each, plan=tags.Plan((), f"a dry run of: {each.plan.reason}"), tags={})
        for each in intent.planned
    ]
    return replace(intent, planned=tuple(planned))


def table(intent: Intent) -> str:
    """The plan for a terminal."""
    lines: list[str] = [f"commit {intent.sources.revision.commit}, {labels.created(intent.sources.revision)}"]
    for each in intent.planned:
        lines += [f"{each.dag_type.name}  {each.plan.reason}"]
        lines += [f"  {each.repository}:{tag}" for tag in each.tags.values()] or ["  nothing is pushed"]
    return "\n".join(lines)


def as_json(intent: Intent) -> str:
    """The plan for programs."""
    images = [
        {
            "dag": each.dag_type.name,
            "repository": each.repository,
            "reason": each.plan.reason,
            "tags": [
                {**asdict(tag), "rule": tag.rule.name.lower(), "name": each.tags[tag.name]}
                for tag in each.plan.tags
            ],
        }
        for each in intent.planned
    ]
    return json.dumps({"commit": intent.sources.revision.commit, "images": images}, indent=2)


def _planned(
    dag_type: DagType, called: Names, revision: Revision, ref: str, everyone: Collection[str]
) -> Planned:
    plan = tags.plan(revision, ref, dag_type.name, everyone)
    return Planned(
        dag_type=dag_type,
        plan=plan,
        repository=called.repository(dag_type.name),
        tags={tag.name: called.tag(dag_type.name, tag.name) for tag in plan.tags},
    )
