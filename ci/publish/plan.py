"""The plan of a publish: each DAG type with its repository and its tags, before anything is built."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

from ..config.catalog import Catalog
from ..config.dag_type import DagType
from ..config.names import Names, names
from ..config.publish import PublishSettings
from ..config.revision import Revision, SourceInfo, origin
from ..errors import collect
from ..image import labels
from . import tags
from .tags import TagPlan, TypeNaming


@dataclass(frozen=True, kw_only=True)
class PlanRequest:
    """What a user asked to publish.

    Args:
        dag_type: one DAG type; empty: every one.
        registry: instead of the settings', else empty.
        owner: instead of the remote's, else empty.
        ref: the ref of a pipeline's event, else empty.
    """

    dag_type: str = ""
    registry: str = ""
    owner: str = ""
    ref: str = ""


@dataclass(frozen=True, kw_only=True)
class TypePlan:
    """The plan of one DAG type: its repository, and the registry's tag for each tag of the plan."""

    dag_type: DagType
    tag_plan: TagPlan
    repository: str
    tags: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class PublishPlan:
    """A whole publish: under which names, for which owner, from which commit.

    ``ref`` is the event's; ``notes`` are what a user should look at beside it.
    """

    names: Names
    owner: str
    ref: str
    source: SourceInfo
    types: tuple[TypePlan, ...]
    notes: tuple[str, ...] = ()

    @property
    def pushes(self) -> bool:
        """Whether any image is pushed."""
        return any(type_plan.tags for type_plan in self.types)

    def without_tags(self) -> "PublishPlan":
        """Return the plan of a dry run: everything is built and checked, nothing is pushed."""
        types = [
            replace(
                type_plan,
                tag_plan=TagPlan((), f"a dry run of: {type_plan.tag_plan.reason}"),
                tags={},
            )
            for type_plan in self.types
        ]
        return replace(self, types=tuple(types))


def plan(
    catalog: Catalog,
    chosen: Sequence[DagType],
    revision: Revision,
    settings: PublishSettings,
    request: PlanRequest,
) -> PublishPlan:
    """Return the plan of a publish.

    Args:
        catalog: all DAG types, whose names a git tag may release.
        chosen: those to publish.
        revision: what git says.
        settings: images/publish.toml.
        request: what a user asked for.

    Raises:
        ConfigurationError: with every invalid name and tag.
    """
    remote = origin(revision.remote)
    image_names = names(settings, request.registry, request.owner, remote, catalog.names)
    types = collect(
        [
            lambda dag_type=dag_type: _type_plan(dag_type, image_names, revision, request.ref)
            for dag_type in chosen
        ]
    )
    return PublishPlan(
        names=image_names,
        owner=request.owner or (remote.owner if remote else ""),
        ref=request.ref,
        source=SourceInfo(revision=revision, origin=remote, organisation=settings.labels),
        types=tuple(types),
        notes=() if request.ref else tags.notes(revision, catalog.names),
    )


def table(plan: PublishPlan) -> str:
    """Return the plan for a terminal."""
    revision = plan.source.revision
    lines: list[str] = [f"commit {revision.commit}, {labels.created(revision)}"]
    for type_plan in plan.types:
        lines += [f"{type_plan.dag_type.name}  {type_plan.tag_plan.reason}"]
        lines += [f"  {type_plan.repository}:{tag}" for tag in type_plan.tags.values()] or [
            "  nothing is pushed"
        ]
    return "\n".join([*lines, *plan.notes])


def as_json(plan: PublishPlan) -> str:
    """Return the plan for programs."""
    images = [
        {
            "dag": type_plan.dag_type.name,
            "repository": type_plan.repository,
            "reason": type_plan.tag_plan.reason,
            "tags": [
                {**asdict(tag), "rule": tag.rule.value, "name": type_plan.tags[tag.name]}
                for tag in type_plan.tag_plan.tags
            ],
        }
        for type_plan in plan.types
    ]
    notes = {"notes": plan.notes} if plan.notes else {}
    return json.dumps({"commit": plan.source.revision.commit, "images": images, **notes}, indent=2)


def tag_plan(revision: Revision, ref: str, image_names: Names, dag_type: str) -> TagPlan:
    """Return the tags of a DAG type's image, by the names of all images; raise as ``tags.plan``."""
    naming = TypeNaming(
        dag_type=dag_type,
        dag_types=image_names.dag_types,
        longest=image_names.longest(dag_type),
        taken=partial(image_names.taken, dag_type),
    )
    return tags.plan(revision, ref, naming)


def _type_plan(dag_type: DagType, image_names: Names, revision: Revision, ref: str) -> TypePlan:
    planned = tag_plan(revision, ref, image_names, dag_type.name)
    return TypePlan(
        dag_type=dag_type,
        tag_plan=planned,
        repository=image_names.repository(dag_type.name),
        tags={tag.name: image_names.tag(dag_type.name, tag.name) for tag in planned.tags},
    )
