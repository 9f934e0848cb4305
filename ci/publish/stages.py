"""The stages of a publish: each takes a row per DAG type, and gives the rows with its results."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from ..attest import attach, documents, identity
from ..attest.attach import AttestedImage
from ..attest.documents import PlatformImage, PushedType
from ..checks.scan import scan
from ..config import lockfile
from ..errors import Fault, gather_all
from ..image import build as image_build
from ..image import platforms
from . import taking
from .context import Context
from .gate import forced_note, refusal
from .plan import PublishPlan, TypePlan
from .registry_stages import decide, look, look_at_latest, push_digests, push_tags
from .type_publish import Rows, TypePublish, advance, failed, labelled

Stage = Callable[[Rows, Context], Awaitable[Rows]]


async def build(rows: Rows, context: Context) -> Rows:
    """Build the image of every platform, and label it.

    Raises:
        StepError: a base image can't be pulled.
        ConfigurationError: the shared policy is wrong, so that no gate could be run.
    """
    checkout = context.checkout
    await scan.rules_of("", checkout)  # a mistake in it is reported before anything is built
    bases = await context.bases()
    context.begin_gate()

    async def one(row: TypePublish) -> TypePublish:
        dag_type = row.plan.dag_type
        if context.request.platforms:
            base_name = lockfile.base_name(next(iter(bases.values())).reference)
            lock = await checkout.lock(dag_type, base_name)
            platforms.require_wheels(dag_type, lock, context.request.platforms)
        take = taking.from_published(row, context)
        built = await gather_all(
            image_build.build(dag_type, checkout, base, take=take) for base in bases.values()
        )
        images = dict(zip(bases, built, strict=True))
        problems = dict.fromkeys(image.taken.problem for image in built if image.taken.problem)
        note = "; ".join(f"dependencies installed, not taken: {one}" for one in problems)
        return replace(row, built=labelled(dag_type, images, context.plan.source), note=note)

    return await advance(rows, one)


async def gate(rows: Rows, context: Context) -> Rows:
    """Test and scan the images; those that fail go on only with --force, and with a label that says so."""
    checks, force = await context.gate(), context.request.force
    types = [row.built.images for row in rows if row.going_on]
    tests = asyncio.ensure_future(checks.tests(types))  # all of them by the same Airflow

    async def one(row: TypePublish) -> TypePublish:
        dag_type = row.plan.dag_type
        result = await checks.check(dag_type, row.built.images, tests)
        row = replace(row, gate=result).with_note(result.note)
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
            registry,
            signer,
            [image for listed in images.values() for image in listed],
            await context.attached(),
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
