"""The DAG types without a published image of the sources at hand."""

from dataclasses import dataclass

import dagger

from ..config.catalog import Catalog
from ..errors import ConfigurationError, StepError, gather_all, gather_both
from ..image import base, labels
from ..publish import tag_updates, tags
from ..publish.plan import PublishPlan, tag_plan
from ..tools import failures, git
from ..tools import registry as registries
from ..tools.engine import retrying
from ..tools.git import Related
from ..tools.registry import Access, Question
from . import choice, compare
from .affected import select
from .choice import Published
from .selection import Selection


@dataclass(frozen=True, kw_only=True)
class DueRequest:
    """The ref whose images are due, empty for what is checked out; source and base; the trigger in words."""

    source: dagger.Directory
    ref: str
    base: str
    trigger: str


async def due(
    catalog: Catalog, repository: dagger.Directory, plan: PublishPlan, access: Access, request: DueRequest
) -> Selection:
    """Return the DAG types to publish: all in the plan, unless it is a branch's.

    Invalid ones of the catalog count, too, so that their jobs report it. Raise StepError if the registry or
    the base can't be reached.
    """
    branch_tags = {
        type_plan.dag_type.name: type_plan.tags[tag.name]
        for type_plan in plan.types
        for tag in type_plan.tag_plan.tags[:1]
        if tag.rule is tags.Rule.BRANCH
    }
    if len(branch_tags) < len(plan.types):  # a release, or nothing is pushed
        invalid = [
            name
            for name in catalog.problems
            if tag_plan(plan.source.revision, request.ref, plan.names, name).tags
        ]
        names = [type_plan.dag_type.name for type_plan in plan.types if type_plan.tags]
        notes = [
            f"{type_plan.dag_type.name}: {type_plan.tag_plan.reason}"
            for type_plan in plan.types
            if not type_plan.tags
        ]
        return choice.named(catalog, sorted([*names, *invalid]), request.trigger, notes)
    published, base_digest = await gather_both(
        _published(plan, branch_tags, access), _base_digest(request.base)
    )
    commits = sorted({image.commit for image in published.values() if image.commit})
    related = await git.related(repository, commits)
    selections = await gather_all(
        _since(repository, request.source, commit, related, catalog) for commit in commits
    )
    since = dict(zip(commits, selections, strict=True))
    return choice.due(catalog, published, since, base_digest, request.trigger)


async def _base_digest(reference: str) -> str:
    with failures.as_step_error(f"could not pull the base image {reference}"):
        return (await retrying(base.container(reference).image_ref)).partition("@")[2]


async def _published(plan: PublishPlan, branch_tags: dict[str, str], access: Access) -> dict[str, Published]:
    registry = await registries.connect(plan.names.registry, access, plan.owner)
    repositories = {type_plan.dag_type.name: type_plan.repository for type_plan in plan.types}
    contents = await registry.look(
        {name: Question(repositories[name], [tag]) for name, tag in branch_tags.items()}
    )
    problems = [content.problem for content in contents.values() if content.problem]
    if problems:
        raise StepError(problems)
    published: dict[str, Published] = {}
    for name, tag in branch_tags.items():
        image_labels = contents[name].labels.get(tag, {})
        commit = image_labels.get(tag_updates.LABEL, "")
        published[name] = Published(tag, commit, image_labels.get(labels.BASE_DIGEST, ""))
    return published


async def _since(
    repository: dagger.Directory, source: dagger.Directory, commit: str, related: Related, catalog: Catalog
) -> Selection | str:
    if related.descends[commit] is False and commit not in related.later:
        return "not in the history of what is checked out"
    try:
        return select(await compare.compare(repository, source, commit), catalog)
    except ConfigurationError as fault:
        return "; ".join(fault.problems)
