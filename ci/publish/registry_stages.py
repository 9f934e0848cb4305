"""The stages of a publish that ask the registry and write to it: look, decide, push."""

from dataclasses import replace
from typing import Any

import dagger

from ..config.names import Names, Reference
from ..errors import StepError, gather_all, gather_both
from ..image import labels
from ..tools import failures, git
from ..tools.registry import Question, misdirected
from ..tools.repository_content import RepositoryContent
from . import tag_updates
from .context import Context
from .plan import PublishPlan
from .tag_updates import Action, Candidate, RegistryState
from .tags import LATEST
from .type_publish import Rows, TypePublish


async def look(rows: Rows, context: Context) -> Rows:
    """Ask what each repository has, and whether it may be written to.

    Raises:
        StepError: a secret to sign with is empty, or the registry can't be used.
        ConfigurationError: the access to the registry contradicts itself.
    """
    signer = context.request.signer
    if missing := await signer.missing_secrets():
        raise StepError([missing])
    questions = {
        row.name: Question(row.plan.repository, _tags(row, context.plan), write=True)
        for row in rows
        if row.going_on
    }
    registry = await context.registry()
    run = [context.run()] if signer.is_requested else []
    contents, _ = await gather_both(registry.look(questions), gather_all(run))
    rows = tuple(_looked(row, contents[row.name]) if row.going_on else row for row in rows)
    rows = await _look_at_greatest(rows, context)
    context.begin_history(_commits(rows, context.plan))
    return rows


def _tags(row: TypePublish, plan: PublishPlan) -> list[str]:
    """Return the tags that are to be written, and latest, whose layers may be taken."""
    return list(dict.fromkeys([*row.plan.tags.values(), plan.names.tag(row.name, LATEST)]))


def _commits(rows: Rows, plan: PublishPlan) -> set[str]:
    """Return the commits of published images, but that of this publish."""
    commits = {
        commit for row in rows if row.going_on for commit in row.content.values(tag_updates.LABEL).values()
    }
    return commits - {plan.source.revision.commit}


async def _look_at_greatest(rows: Rows, context: Context) -> Rows:
    """Ask what the greatest releases of planned lines point to: the lines are to point there, too."""
    questions = {
        row.name: Question(row.plan.repository, sorted(tags))
        for row in rows
        if row.going_on and (tags := _greatest(row, context.plan.names).values())
    }
    contents = await (await context.registry()).look(questions) if questions else {}
    return tuple(
        replace(row, content=row.content.with_tags_of(contents[row.name])) if row.name in contents else row
        for row in rows
    )


def _greatest(row: TypePublish, names: Names) -> dict[str, str]:
    """Return the greatest releases of planned lines that were not asked for yet, with the registry's tags."""
    greatest = tag_updates.greatest(row.plan.tag_plan.tags, _versions(row, names))
    return {version: names.tag(row.name, version) for version in greatest if version not in row.plan.tags}


def _versions(row: TypePublish, names: Names) -> list[str]:
    versions = [names.version(row.name, tag) for tag in row.content.names]
    return [version for version in versions if version is not None]


def _looked(row: TypePublish, content: RepositoryContent) -> TypePublish:
    latest_first = sorted(row.plan.tags, key=lambda tag: tag != LATEST)
    size = content.image_size(row.plan.tags[tag] for tag in latest_first)
    return replace(row, content=content, published_size=size, problem=content.problem)


async def look_at_latest(rows: Rows, context: Context) -> Rows:
    """Ask what latest points to, if there is a token; failures become notes."""
    plan = context.plan
    token = await context.request.access.secret()
    if not token:
        return rows
    if problem := misdirected(token, plan.names.registry):
        return tuple(_size_unknown(row, problem) for row in rows)
    latest = {row.name: plan.names.tag(row.name, LATEST) for row in rows}
    questions = {row.name: Question(row.plan.repository, [latest[row.name]]) for row in rows}
    contents = await (await context.registry()).look(questions)
    return tuple(
        _size_unknown(row, content.problem)
        if (content := contents[row.name]).problem
        else replace(row, content=content, published_size=content.image_size([latest[row.name]]))
        for row in rows
    )


def _size_unknown(row: TypePublish, why: str) -> TypePublish:
    return replace(row, note=f"{row.note}; size of {LATEST} unknown: {why}")


async def decide(rows: Rows, context: Context) -> Rows:
    """Decide which tags are written.

    Raises:
        ConfigurationError: the git history can't be read.
    """
    related = await context.history()
    return tuple(_decided(row, context.plan, related) if row.going_on else row for row in rows)


def _decided(row: TypePublish, plan: PublishPlan, related: git.Related) -> TypePublish:
    digests, revision = row.content.digests, plan.source.revision
    registry_tags = {**row.plan.tags, **_greatest(row, plan.names)}
    state = RegistryState(
        digests={version: digests[tag] for version, tag in registry_tags.items() if tag in digests},
        names=_versions(row, plan.names),
        commits=row.content.values(tag_updates.LABEL),
        descends=related.descends,
        later=related.later,
        created=row.content.values(f"{labels.OCI}created"),
        shallow=revision.shallow,
    )
    candidate = Candidate(
        digest=row.built.digest,
        commit=revision.commit,
        created=labels.created(revision),
        merged=revision.merged,
    )
    updates = tag_updates.decide(row.plan.tag_plan.tags, candidate, state)
    refused = tag_updates.with_action(updates, Action.REFUSED)
    mended = tag_updates.with_action(updates, Action.MENDED)
    notes = [f"{row.plan.tags[tag]} {why}" for tag, why in mended.items()]
    note = "; ".join(filter(None, [row.note, *notes]))
    return replace(row, updates=updates, note=note, problem="; ".join(refused.values()))


async def push_digests(rows: Rows, context: Context) -> Rows:
    """Bring images to the registry by digest, so that they can be signed before a tag points to them.

    Raises:
        StepError: the registry can't be used.
    """
    references = {
        Reference(repository=row.plan.repository, tag="", digest=digest): bool(row.to_write)
        for row in rows
        if row.going_on
        for digest in row.built.digests
    }
    context.begin_attached(references)
    return await _push(rows, context, with_tags=False)


async def push_tags(rows: Rows, context: Context) -> Rows:
    """Write the tags, after whatever of the images the registry lacks.

    Raises:
        StepError: the registry can't be used.
    """
    return await _push(rows, context, with_tags=True)


async def _push(rows: Rows, context: Context, *, with_tags: bool) -> Rows:
    going = [row for row in rows if row.going_on and row.to_write]
    if not going:
        return rows
    bases = list((await context.bases()).values())
    blobs: dict[str, dagger.File] = {}
    for row in going:
        for image in row.built.images.values():
            blobs |= image.tarballs
    layers = [layer["digest"] for base in bases for layer in base.image.manifest["layers"]]
    job = {
        "base": list(dict.fromkeys(layers)),
        "siblings": sorted({type_plan.repository for type_plan in context.plan.types}),
        "images": {row.name: _push_job(row, with_tags=with_tags) for row in going},
    }
    layout = bases[0].layout
    for base in bases[1:]:
        layout = layout.with_directory("/", base.layout)
    answers = await (await context.registry()).push(job, blobs, layout)
    return tuple(_pushed(row, answers[row.name]) if row in going else row for row in rows)


def _push_job(row: TypePublish, *, with_tags: bool) -> dict[str, Any]:
    digests = row.content.digests
    return {
        "repository": row.plan.repository,
        "digest": row.built.digest,
        "texts": row.built.texts,
        "tags": [[tag, digests.get(tag), after] for tag, after in row.to_write] if with_tags else [],
    }


def _pushed(row: TypePublish, answer: dict[str, Any]) -> TypePublish:
    problem = answer.get("problem")
    return replace(
        row,
        seconds=row.seconds + float(answer.get("seconds", 0)),
        problem=failures.registry_problem(row.plan.repository, str(problem)) if problem else "",
    )
