"""Which DAG types a registry hasn't the image of yet, that the sources at hand make."""

import json
from dataclasses import dataclass

import dagger

from ..config.catalog import Catalog
from ..errors import ConfigurationError, StepError, gather_all, gather_both
from ..image import base, labels
from ..publish import tags
from ..publish.plan import PublishPlan
from ..tools import failures, git
from ..tools import registry as registries
from ..tools.engine import retrying
from ..tools.git import Related
from ..tools.registry import Access, Question
from . import choice, compare
from .affected import Findings, find
from .choice import Published


@dataclass(frozen=True, kw_only=True)
class DueRequest:
    """The ref whose images are due, empty for what is checked out; their base; who asks, in words."""

    ref: str
    base: str
    asked: str


async def due(
    catalog: Catalog, repository: dagger.Directory, plan: PublishPlan, access: Access, request: DueRequest
) -> Findings:
    """Return the DAG types that are to be published.

    Args:
        catalog: the DAG types; those that are declared wrongly count, too, so that their jobs tell it.
        repository: with its history.
        plan: what is to be published of the others; all of it is due where it isn't a branch's.
        access: how the registry is reached.
        request: the ref and the base.

    Raises:
        StepError: the registry doesn't answer, or the base can't be had.
    """
    following = {
        each.dag_type.name: each.tags[tag.name]
        for each in plan.types
        for tag in each.tag_plan.tags[:1]
        if tag.rule is tags.Rule.BRANCH
    }
    if len(following) < len(plan.types):  # a release, or nothing that is pushed
        wrong = [name for name in catalog.problems if _plan(catalog, plan, request.ref, name).tags]
        names = [each.dag_type.name for each in plan.types if each.tags]
        none = [f"{each.dag_type.name}: {each.tag_plan.reason}" for each in plan.types if not each.tags]
        return choice.named(catalog, sorted([*names, *wrong]), request.asked, none)
    published, below = await gather_both(_published(plan, following, access), _base_digest(request.base))
    commits = sorted({each.commit for each in published.values() if each.commit})
    related = await git.related(repository, commits)
    answers = await gather_all(_since(repository, commit, related, catalog) for commit in commits)
    return choice.due(catalog, published, dict(zip(commits, answers, strict=True)), below, request.asked)


def _plan(catalog: Catalog, plan: PublishPlan, ref: str, name: str) -> tags.TagPlan:
    return tags.plan(plan.source.revision, ref, name, [*catalog.types, *catalog.problems])


async def _base_digest(reference: str) -> str:
    try:
        return (await retrying(base.container(reference).image_ref)).partition("@")[2]
    except dagger.QueryError as error:
        raise failures.step_error(f"the base image {reference} can't be had", error) from None


async def _published(plan: PublishPlan, following: dict[str, str], access: Access) -> dict[str, Published]:
    place = await registries.connect(plan.names.registry, access, plan.owner)
    repositories = {each.dag_type.name: each.repository for each in plan.types}
    contents = await place.look(
        {name: Question(repositories[name], [tag]) for name, tag in following.items()}
    )
    problems = [content.problem for content in contents.values() if content.problem]
    if problems:
        raise StepError(problems)
    found: dict[str, Published] = {}
    for name, tag in following.items():
        text = contents[name].manifests.get(tag)
        said: dict[str, str] = (json.loads(text).get("annotations") or {}) if text else {}
        found[name] = Published(tag, contents[name].commits.get(tag, ""), said.get(labels.BASE_DIGEST, ""))
    return found


async def _since(
    repository: dagger.Directory, commit: str, related: Related, catalog: Catalog
) -> Findings | str:
    if related.descends[commit] is False and commit not in related.later:
        return "that isn't in the history of what is checked out"
    try:
        return find(await compare.compare(repository, commit), catalog)
    except ConfigurationError as fault:
        return "; ".join(fault.problems)
