"""Publishing: look, build, gate, decide, push; a DAG type that fails anywhere doesn't stop the others."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

import dagger

from . import (
    base,
    history,
    image,
    labels,
    lockfile,
    moves,
    oci,
    outside,
    pins,
    planning,
    platforms,
    publication,
    publish_settings,
    smoke,
)
from . import registry as registries
from .base import BaseImage
from .errors import CheckError, Fault, StepError
from .image import Image
from .moves import Move
from .planning import Intent, Planned
from .publication import Publication, Row
from .registry import Access, Registry
from .sources import Sources
from .together import together

AT_ONCE = 8  # DAG types that are built and tested at a time


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a user asked for besides names: platforms, the way to the registry, why to publish by force."""

    platforms: tuple[str, ...]
    access: Access
    force: str


@dataclass
class _Job:
    """One DAG type on its way: what was made of it, what the registry has, and what stopped it."""

    planned: Planned
    there: dict[str, Any] = field(default_factory=dict[str, Any])
    images: dict[str, Image] = field(default_factory=dict[str, Image])
    texts: list[str] = field(default_factory=list[str])
    digest: str = ""
    decided: tuple[Move, ...] = ()
    note: str = ""
    problem: str = ""
    seconds: float = 0


async def intend(  # noqa: PLR0913, PLR0917 - what a function of the module was called with
    sources: Sources, repository: dagger.Directory, dag_type: str, registry: str, owner: str, ref: str
) -> Intent:
    """What is to be published, from the sources and the history; ``dag_type`` is empty for every one.

    Raises:
        ConfigurationError: with everything that can't be.
    """
    found = await sources.catalog()
    chosen = found.chosen(dag_type)
    settings = publish_settings.parse(await sources.text(publish_settings.FILE))
    revision = await history.revision(repository)
    return planning.intend(found, chosen, revision, settings, ref=ref, registry=registry, owner=owner)


async def publish(
    intent: Intent, request: Request, sources: Sources, repository: dagger.Directory
) -> Publication:
    """Publish what is planned.

    Raises:
        CheckError: a DAG type failed; with the table of them all.
        ConfigurationError: the registry can't be used as asked.
        StepError: the base or the registry can't be had. What concerns one type alone is in its row.
    """
    jobs = [
        _Job(planned=planned, note="" if planned.tags else planned.plan.reason) for planned in intent.planned
    ]
    pushing = [job for job in jobs if job.planned.tags]
    place = None
    if pushing:
        place = await registries.connect(intent.names.registry, request.access, intent.owner)
        await _look(place, pushing)
    # Where nothing is pushed at all, as for a pull request, the gate is what was asked for.
    making = [job for job in pushing or jobs if not job.problem]
    if making:
        bases = await _bases(request)
        limit = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(
            *(_guarded(job, _make(job, intent, request, sources, bases), limit) for job in making)
        )
        if place is not None:
            await _decide(pushing, intent, repository)
            await _push(place, pushing, intent, bases)
    rows = tuple(_row(job) for job in jobs)
    done = Publication(commit=intent.sources.revision.commit, rows=rows)
    if done.failed:
        raise CheckError([done.table()])
    return done


async def _look(place: Registry, jobs: list[_Job]) -> None:
    wanted = {
        job.planned.dag_type.name: {
            "repository": job.planned.repository,
            "tags": list(job.planned.tags.values()),
            "write": True,
        }
        for job in jobs
    }
    told = await place.look(wanted)
    for job in jobs:
        job.there = told[job.planned.dag_type.name]
        if "problem" in job.there:
            job.problem = outside.registry_problem(job.planned.repository, str(job.there["problem"]))


async def _bases(request: Request) -> dict[str, BaseImage]:
    wanted = request.platforms or ("",)
    found = await together(base.load(pins.image("airflow"), name or None) for name in wanted)
    return dict(zip(wanted, found, strict=True))


async def _guarded(job: _Job, work: Awaitable[None], limit: asyncio.Semaphore) -> None:
    async with limit:
        started = time.monotonic()
        try:
            await work
        except Fault as fault:
            job.problem = str(fault)
        job.seconds += time.monotonic() - started


async def _make(
    job: _Job, intent: Intent, request: Request, sources: Sources, bases: dict[str, BaseImage]
) -> None:
    """Build the image of every platform, run its gate, and write what it says of itself."""
    dag_type = job.planned.dag_type
    if request.platforms:
        lock = await sources.lock(dag_type, lockfile.base_name(next(iter(bases.values())).reference))
        platforms.require_wheels(dag_type, lock, request.platforms)
    for name, each in bases.items():
        job.images[name] = await image.build(dag_type, sources, each)
    forced = await _gate(job, request.force)
    if job.planned.tags:
        _describe(job, intent, forced)


async def _gate(job: _Job, force: str) -> str:
    """Test every image; gives the reason where a failure is overridden, else an empty string."""
    dag_type = job.planned.dag_type
    try:
        for built in job.images.values():
            await smoke.test(dag_type.name, built.container(), built.base, built.requirements)
    except Fault as fault:
        if not force:
            advice = "mend it, or publish all the same with --force '<reason>', which a label will tell"
            raise StepError([f"the gate failed, nothing was pushed: {advice}\n{fault}"]) from None
        job.note = f"the gate failed, and it is published by force: {force}\n{fault}"
        return force
    return ""


def _describe(job: _Job, intent: Intent, forced: str) -> None:
    """Add labels to each image, and an index where there are several; what is to be pushed is then known."""
    described: dict[str, oci.Assembly] = {}
    told: dict[str, str] = {}
    for name, built in job.images.items():
        told = labels.labels(job.planned.dag_type, intent.sources, built.base, forced)
        created = labels.created(intent.sources.revision)
        described[name] = oci.described(built.assembly(), told, created, labels.kept)
        job.texts += [described[name].config.text, described[name].manifest.text]
    job.digest = next(iter(described.values())).manifest.digest
    if len(described) > 1:
        top = oci.index(described, told)
        job.texts.append(top.text)
        job.digest = top.digest


async def _decide(jobs: list[_Job], intent: Intent, repository: dagger.Directory) -> None:
    commits = {
        commit
        for job in jobs
        if not job.problem
        for commit in job.there["revisions"].values()
        if commit and commit != intent.sources.revision.commit
    }
    descends = await history.descends(repository, commits) if commits else {}
    for job in jobs:
        if job.problem:
            continue
        tag_of = job.planned.tags
        digests = {tag: oci.Blob(text=text).digest for tag, text in job.there["manifests"].items()}
        name = job.planned.dag_type.name
        there = moves.There(
            digests={version: digests[tag] for version, tag in tag_of.items() if tag in digests},
            names=[v for tag in job.there["names"] if (v := intent.names.version(name, tag)) is not None],
            commits={digests[tag]: commit for tag, commit in job.there["revisions"].items() if commit},
            descends=descends,
        )
        ours = moves.Ours(digest=job.digest, commit=intent.sources.revision.commit)
        job.decided = moves.decide(job.planned.plan.tags, ours, there)
        refused = publication.moved(job.decided)[3]
        job.problem = "; ".join(refused)


async def _push(place: Registry, jobs: list[_Job], intent: Intent, bases: dict[str, BaseImage]) -> None:
    going = [job for job in jobs if not job.problem and publication.moved(job.decided)[0]]
    if not going:
        return
    blobs: dict[str, dagger.File] = {}
    images: dict[str, Any] = {}
    for job in going:
        for built in job.images.values():
            blobs |= dict(zip(built.digests, built.tarballs, strict=True))
        before = {tag: oci.Blob(text=text).digest for tag, text in job.there["manifests"].items()}
        to_write = [job.planned.tags[version] for version in publication.moved(job.decided)[0]]
        images[job.planned.dag_type.name] = {
            "repository": job.planned.repository,
            "digest": job.digest,
            "texts": job.texts,
            "tags": {tag: before.get(tag) for tag in to_write},
        }
    below = [layer["digest"] for each in bases.values() for layer in each.image.manifest["layers"]]
    work = {
        "base": list(dict.fromkeys(below)),
        "siblings": sorted({planned.repository for planned in intent.planned}),
        "images": images,
    }
    layouts = next(iter(bases.values())).layout
    for each in list(bases.values())[1:]:
        layouts = layouts.with_directory("/", each.layout)
    told = await place.push(work, blobs, layouts)
    for job in going:
        answer = told[job.planned.dag_type.name]
        job.seconds += float(answer.get("seconds", 0))
        if "problem" in answer:
            job.problem = outside.registry_problem(job.planned.repository, str(answer["problem"]))


def _row(job: _Job) -> Row:
    to_write, same, left, _ = publication.moved(job.decided)
    built = list(job.images.values())
    tag_of = job.planned.tags
    good = not job.problem
    return Row(
        dag=job.planned.dag_type.name,
        repository=job.planned.repository if tag_of else "",
        digest=job.digest if good else "",
        written=tuple(tag_of[version] for version in to_write) if good else (),
        same=tuple(tag_of[version] for version in same),
        left={tag_of[version]: why for version, why in left.items()},
        size=sum(each.size for each in built),
        added=sum(each.added_size for each in built),
        seconds=round(job.seconds, 2),
        note=job.note,
        problem=job.problem,
    )
