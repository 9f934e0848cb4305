"""Publishing: look, build, gate, decide, push; a DAG type that fails anywhere doesn't stop the others."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import dagger

from ..attest import documents
from ..checks.dags import all_types
from ..checks.scan import scan
from ..checks.scan.database import DatabaseRequest
from ..checks.scan.scan import Scanner
from ..config import lockfile, pins
from ..config import publish as config_publish
from ..errors import CheckError, ConfigurationError, Fault, gather_all
from ..image import base, build, platforms
from ..image.base import BaseImage
from ..tools import git
from ..tools import registry as registries
from ..tools.checkout import Checkout
from ..tools.cosign import Signer
from ..tools.registry import Access, misdirected
from . import delivery, plan, tags
from .gate import Gate, Test, refusal
from .job import Job, described, guarded, row
from .plan import Intent
from .publication import Publication, Row


@dataclass(frozen=True, kw_only=True)
class Request:
    """How to publish: what a user asked for besides names, and how images are tested.

    ``force`` says why to publish although the gate failed, ``unscanned`` why without a scan; ``ref`` is the
    event's in a pipeline; with ``dry_run`` nothing is pushed.
    """

    platforms: tuple[str, ...]
    access: Access
    force: str = ""
    signer: Signer = field(default_factory=Signer)
    database: DatabaseRequest = field(default_factory=DatabaseRequest)
    unscanned: str = ""
    ref: str = ""
    dry_run: bool = False
    test: Test = all_types.test_one


async def intend(  # noqa: PLR0913, PLR0917 - what a function of the module was called with
    sources: Checkout,
    repository: dagger.Directory,
    dag_type: str,
    registry: str,
    owner: str,
    ref: str,
    *,
    sound: bool = False,
) -> Intent:
    """What is to be published, from the sources and the history.

    Args:
        sources: the DAG types.
        repository: with its history.
        dag_type: the one to be published; empty: every one.
        registry: in the place of the settings', else empty.
        owner: in the place of the remote's, else empty.
        ref: the event's ref in a pipeline, else empty.
        sound: whether types that are declared wrongly are left out, and not told.

    Raises:
        ConfigurationError: with everything that can't be.
    """
    found = await sources.catalog()
    chosen = [found.types[name] for name in sorted(found.types)] if sound else found.chosen(dag_type)
    settings = config_publish.parse(await sources.text(config_publish.FILE))
    revision = await git.revision(repository)
    return plan.intend(found, chosen, revision, settings, ref=ref, registry=registry, owner=owner)


async def refused(
    sources: Checkout, repository: dagger.Directory, dag_type: str, fault: ConfigurationError
) -> Publication:
    """What is told where nothing can be planned: a row per DAG type that was asked for, with its mistakes.

    Raises:
        ConfigurationError: the catalog or the history can't be read at all.
    """
    found = await sources.catalog()
    names = [dag_type] if dag_type else sorted({*found.types, *found.problems})
    revision = await git.revision(repository)
    rows = tuple(
        Row(dag=name, repository="", problem="\n".join(found.problems.get(name) or fault.problems))
        for name in names
    )
    return Publication(commit=revision.commit, rows=rows)


async def publish(
    intent: Intent, request: Request, sources: Checkout, repository: dagger.Directory
) -> Publication:
    """Publish what is planned; what failed is in its row, and what all of them share in each.

    Raises:
        ConfigurationError: what it is to be signed with contradicts itself.
    """
    request.signer.check()
    if request.dry_run:
        intent = plan.dry(intent)
    jobs = [
        Job(planned=planned, note="" if planned.tags else planned.plan.reason) for planned in intent.planned
    ]
    # Where nothing is pushed at all, as for a pull request, the gate is what was asked for.
    making = [job for job in jobs if job.planned.tags] or jobs
    try:
        await _carry_out(making, intent, request, sources, repository)
    except Fault as fault:  # of no type alone: a policy is wrong, the base or the registry can't be had
        for job in making:
            job.problem = job.problem or str(fault)
    rows = tuple(row(job) for job in jobs)
    return Publication(commit=intent.sources.revision.commit, rows=rows)


async def _carry_out(
    jobs: list[Job], intent: Intent, request: Request, sources: Checkout, repository: dagger.Directory
) -> None:
    pushing = [job for job in jobs if job.planned.tags]
    lacking = await request.signer.lacking() if pushing else ""
    for job in pushing:
        job.problem = lacking
    place, run = None, None
    if pushing and not lacking:
        run = await documents.begin(request.ref) if request.signer.asked else None
        place = await registries.connect(intent.names.registry, request.access, intent.owner)
        await delivery.look(place, pushing)
    elif not pushing:
        await _weigh(jobs, intent, request.access)
    making = [job for job in jobs if not job.problem]
    if making:
        bases = await _bases(request)
        scanners = await _scanners(bases, request, sources)
        gate = Gate(test=request.test, scanners=scanners, sources=sources, unscanned=request.unscanned)
        limit = asyncio.Semaphore(delivery.AT_ONCE)
        await gather_all(guarded(job, _make(job, intent, request, bases, gate), limit) for job in making)
        if place is not None and pushing:
            await delivery.decide(pushing, intent, repository)
            if run is not None:
                await delivery.push(place, pushing, intent, bases, tags=False)
                await delivery.attest(place, pushing, intent, request.signer, run)
            await delivery.push(place, pushing, intent, bases, tags=True)


async def _weigh(jobs: list[Job], intent: Intent, access: Access) -> None:
    """Ask for sizes to compare with, where there is a token; without an answer all else goes on."""
    host, token = intent.names.registry, await access.secret()
    if not token:
        return
    if told := misdirected(token, host):
        for job in jobs:
            job.note = f"{job.note}; what {tags.LATEST} weighs isn't known: {told}"
        return
    await delivery.weigh(await registries.connect(host, access, intent.owner), jobs, intent.names)


def whole(done: Publication) -> Publication:
    """The publication, if all of it went well.

    Raises:
        CheckError: a DAG type failed; with the table of them all.
    """
    if done.failed:
        raise CheckError([done.table()])
    return done


async def _bases(request: Request) -> dict[str, BaseImage]:
    wanted = request.platforms or ("",)
    found = await gather_all(base.load(pins.image("airflow"), name or None) for name in wanted)
    return dict(zip(wanted, found, strict=True))


async def _scanners(
    bases: Mapping[str, BaseImage], request: Request, sources: Checkout
) -> dict[str, Scanner]:
    house = await scan.rules_of("", sources)
    found = await gather_all(scan.prepare(request.database, house, each) for each in bases.values())
    return dict(zip(bases, found, strict=True))


async def _make(
    job: Job, intent: Intent, request: Request, bases: Mapping[str, BaseImage], gate: Gate
) -> None:
    """Build the image of every platform, let it say what it is, and run its gate."""
    dag_type, sources = job.planned.dag_type, gate.sources
    if request.platforms:
        lock = await sources.lock(dag_type, lockfile.base_name(next(iter(bases.values())).reference))
        platforms.require_wheels(dag_type, lock, request.platforms)
    plain = {name: await build.build(dag_type, sources, each) for name, each in bases.items()}
    job.images = described(job, plain, intent)
    passed = await gate.check(dag_type, job.images)
    job.tested, job.scanned, job.note = passed.tested, passed.scanned, job.note or passed.note
    if passed.problems and not request.force:
        raise refusal(passed)
    if passed.problems:
        told = "\n".join(passed.problems)
        job.note = f"the gate failed, and it is published by force: {request.force}\n{told}"
        job.forced = request.force
        job.images = described(job, plain, intent)  # the label makes it another image: it is scanned again
        job.scanned = {name: await gate.scan(dag_type, name, built) for name, built in job.images.items()}
