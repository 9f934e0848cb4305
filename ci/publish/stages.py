"""The stages of a publish: each takes a row per DAG type, and gives the rows with its results."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import dagger

from ..attest import attach, documents, identity
from ..attest.attach import AttestedImage
from ..attest.documents import PlatformImage, PushedType
from ..config import lockfile
from ..errors import Fault, StepError
from ..image import build as image_build
from ..image import platforms
from ..tools import failures, git
from ..tools.registry import Question, misdirected
from ..tools.repository_content import RepositoryContent
from . import tag_updates
from .context import Context
from .gate import forced_note, refusal
from .plan import PublishPlan, TypePlan
from .tag_updates import Action, Candidate, RegistryState
from .tags import LATEST
from .type_publish import Rows, TypePublish, advance, failed, labelled

Stage = Callable[[Rows, Context], Awaitable[Rows]]


async def look(rows: Rows, context: Context) -> Rows:
    """Ask what each repository has, and whether it may be written to.

    Raises:
        StepError: a secret to sign with is empty, or the registry can't be used.
        ConfigurationError: the access to the registry contradicts itself.
    """
    signer = context.request.signer
    if missing := await signer.missing_secrets():
        raise StepError([missing])
    if signer.is_requested:
        await context.run()
    going = [row for row in rows if row.going_on]
    questions = {
        row.name: Question(row.plan.repository, list(row.plan.tags.values()), write=True) for row in going
    }
    contents = await (await context.registry()).look(questions)
    return tuple(_looked(row, contents[row.name]) if row.going_on else row for row in rows)


def _looked(row: TypePublish, content: RepositoryContent) -> TypePublish:
    latest_first = sorted(row.plan.tags, key=lambda tag: tag != LATEST)
    size = content.image_size(row.plan.tags[tag] for tag in latest_first)
    return replace(row, content=content, published_size=size, problem=content.problem)


async def look_at_latest(rows: Rows, context: Context) -> Rows:
    """Ask for the sizes of what latest points to, if there is a token; failures become notes."""
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
        else replace(row, published_size=content.image_size([latest[row.name]]))
        for row in rows
    )


def _size_unknown(row: TypePublish, why: str) -> TypePublish:
    return replace(row, note=f"{row.note}; size of {LATEST} unknown: {why}")


async def build(rows: Rows, context: Context) -> Rows:
    """Build the image of every platform, and label it.

    Raises:
        StepError: a base image can't be pulled.
        ConfigurationError: the shared policy is wrong, so that no gate could be run.
    """
    bases, checkout = await context.bases(), context.checkout
    await context.gate()  # what is wrong with it is reported before anything is built

    async def one(row: TypePublish) -> TypePublish:
        dag_type = row.plan.dag_type
        if context.request.platforms:
            base_name = lockfile.base_name(next(iter(bases.values())).reference)
            lock = await checkout.lock(dag_type, base_name)
            platforms.require_wheels(dag_type, lock, context.request.platforms)
        images = {name: await image_build.build(dag_type, checkout, base) for name, base in bases.items()}
        return replace(row, built=labelled(dag_type, images, context.plan.source))

    return await advance(rows, one)


async def gate(rows: Rows, context: Context) -> Rows:
    """Test and scan the images; those that fail go on only with --force, and with a label that says so."""
    checks, force = await context.gate(), context.request.force

    async def one(row: TypePublish) -> TypePublish:
        dag_type = row.plan.dag_type
        result = await checks.check(dag_type, row.built.images)
        row = replace(row, gate=result, note=row.note or result.note)
        if not result.problems:
            return row
        if not force:
            return replace(row, gate_failed=True, problem=refusal(result))
        built = labelled(dag_type, row.built.images, context.plan.source, force)
        # The label makes it another image: the scan is to name the digest that is published.
        scanned = {name: await checks.scan(dag_type, name, image) for name, image in built.images.items()}
        return replace(
            row, built=built, gate=replace(result, scanned=scanned), note=forced_note(result, force)
        )

    return await advance(rows, one)


async def decide(rows: Rows, context: Context) -> Rows:
    """Decide which tags are written.

    Raises:
        ConfigurationError: the git history can't be read.
    """
    commit = context.plan.source.revision.commit
    commits = {
        other
        for row in rows
        if row.going_on
        for other in row.content.commits.values()
        if other and other != commit
    }
    related = await git.related(context.repository, commits)
    return tuple(_decided(row, context.plan, related) if row.going_on else row for row in rows)


def _decided(row: TypePublish, plan: PublishPlan, related: git.Related) -> TypePublish:
    digests = row.content.digests
    state = RegistryState(
        digests={version: digests[tag] for version, tag in row.plan.tags.items() if tag in digests},
        names=[v for tag in row.content.names if (v := plan.names.version(row.name, tag)) is not None],
        commits={digests[tag]: commit for tag, commit in row.content.commits.items() if commit},
        descends=related.descends,
        later=related.later,
    )
    candidate = Candidate(digest=row.built.digest, commit=plan.source.revision.commit)
    updates = tag_updates.decide(row.plan.tag_plan.tags, candidate, state)
    refused = tag_updates.with_action(updates, Action.REFUSED)
    return replace(row, updates=updates, problem="; ".join(refused.values()))


async def push_digests(rows: Rows, context: Context) -> Rows:
    """Bring images to the registry by digest, so that they can be signed before a tag points to them.

    Raises:
        StepError: the registry can't be used.
    """
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
        "tags": {tag: digests.get(tag) for tag in row.to_write} if with_tags else {},
    }


def _pushed(row: TypePublish, answer: dict[str, Any]) -> TypePublish:
    problem = answer.get("problem")
    return replace(
        row,
        seconds=row.seconds + float(answer.get("seconds", 0)),
        problem=failures.registry_problem(row.plan.repository, str(problem)) if problem else "",
    )


async def attest(rows: Rows, context: Context) -> Rows:
    """Sign every image that was pushed by digest, and attach the statements, before a tag leads to it.

    Raises:
        StepError: there is no identity token.
        ConfigurationError: the identity token is none.
    """
    # Asked for at the last moment: an identity token is good for minutes.
    signer, workflow = await identity.ready(context.request.signer)
    run, registry = await context.run(), await context.registry()
    images: dict[str, list[AttestedImage]] = {}

    async def one(row: TypePublish) -> TypePublish:
        pushed = PushedType(
            dag_type=row.name,
            repository=row.plan.repository,
            digest=row.built.digest,
            images={
                name: PlatformImage(image=image, scanned=row.gate.scanned[name])
                for name, image in row.built.images.items()
            },
            forced=row.built.forced,
            workflow=workflow,
            logged=signer.key is None,
        )
        images[row.name] = await documents.attested_images(pushed, context.plan.source, run)
        return row

    rows = await advance(rows, one)
    try:
        results = await attach.attest(
            registry, signer, [image for listed in images.values() for image in listed]
        )
    except Fault as fault:
        return failed(rows, str(fault))
    identity_ = workflow.identity if workflow else ""

    def attested(row: TypePublish) -> TypePublish:
        answers = [results[image.reference.digest] for image in images[row.name]]
        return replace(
            row,
            problem="; ".join(answer for answer in answers if isinstance(answer, str)),
            statements=sum(answer for answer in answers if isinstance(answer, int)),
            identity=identity_,
        )

    return tuple(attested(row) if row.going_on else row for row in rows)


STAGES: tuple[Stage, ...] = (look, build, gate, decide, push_digests, attest, push_tags)
UNSIGNED: tuple[Stage, ...] = (look, build, gate, decide, push_tags)
UNPUSHED: tuple[Stage, ...] = (look_at_latest, build, gate)


def stages_of(plan: PublishPlan, *, signed: bool) -> tuple[Stage, ...]:
    """Return the stages of a publish; nothing is pushed where no DAG type has a tag."""
    if not plan.pushes:
        return UNPUSHED
    return STAGES if signed else UNSIGNED


def begin(type_plan: TypePlan, plan: PublishPlan) -> TypePublish:
    """Return the row of a DAG type before the first stage."""
    note = "" if type_plan.tags else type_plan.tag_plan.reason
    return TypePublish(plan=type_plan, skipped=plan.pushes and not type_plan.tags, note=note)
