"""A publish and the registry: what is there, what may be moved, push by digest, sign, then move the tags."""

import asyncio
from typing import Any

import dagger

from ..attest import attach, documents, identity
from ..attest.attach import Subject
from ..attest.documents import Made, Pushed, Run
from ..attest.provenance import Workflow
from ..config.names import Names
from ..errors import Fault, gather_all
from ..image import oci
from ..image.base import BaseImage
from ..tools import failures, git
from ..tools.cosign import Signer
from ..tools.registry import Question, Registry
from . import moves, publication
from .job import Job, guarded
from .plan import Intent
from .tags import LATEST

AT_ONCE = 8  # DAG types at a time


async def look(place: Registry, jobs: list[Job]) -> None:
    """Ask what each repository has, and whether it may be written to."""
    told = await place.look(
        {
            job.planned.dag_type.name: Question(
                job.planned.repository, list(job.planned.tags.values()), write=True
            )
            for job in jobs
        }
    )
    for job in jobs:
        job.there = told[job.planned.dag_type.name]
        if "problem" in job.there:
            job.problem = failures.registry_problem(job.planned.repository, str(job.there["problem"]))
            continue
        tag_of = sorted(job.planned.tags.items(), key=lambda each: each[0] != LATEST)
        job.before = publication.weight(job.there["manifests"], (tag for _, tag in tag_of))


async def weigh(place: Registry, jobs: list[Job], names: Names) -> None:
    """Ask how heavy the image is that latest points to; nothing is written, and an answer isn't needed."""
    latest = {job.planned.dag_type.name: names.tag(job.planned.dag_type.name, LATEST) for job in jobs}
    repositories = {job.planned.dag_type.name: job.planned.repository for job in jobs}
    told = await place.look({name: Question(repositories[name], [tag]) for name, tag in latest.items()})
    for job in jobs:
        name = job.planned.dag_type.name
        if "problem" in told[name]:
            why = failures.registry_problem(job.planned.repository, str(told[name]["problem"]))
            job.note = f"{job.note}; what {LATEST} weighs isn't known: {why}"
        else:
            job.before = publication.weight(told[name]["manifests"], (latest[name],))


async def decide(jobs: list[Job], intent: Intent, repository: dagger.Directory) -> None:
    """Decide which tags move."""
    commits = {
        commit
        for job in jobs
        if not job.problem
        for commit in job.there["revisions"].values()
        if commit and commit != intent.sources.revision.commit
    }
    related = await git.related(repository, commits)
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
            descends=related.descends,
            later=related.later,
        )
        ours = moves.Ours(digest=job.digest, commit=intent.sources.revision.commit)
        job.decided = moves.decide(job.planned.plan.tags, ours, there)
        refused = publication.moved(job.decided)[3]
        job.problem = "; ".join(refused)


async def push(
    place: Registry, jobs: list[Job], intent: Intent, bases: dict[str, BaseImage], *, tags: bool
) -> None:
    """Bring images to the registry by digest; with ``tags`` let the decided tags point to them then."""
    going = [job for job in jobs if not job.problem and publication.moved(job.decided)[0]]
    if not going:
        return
    blobs: dict[str, dagger.File] = {}
    images: dict[str, Any] = {}
    for job in going:
        for built in job.images.values():
            blobs |= built.tarballs
        before = {tag: oci.Blob(text=text).digest for tag, text in job.there["manifests"].items()}
        to_write = [job.planned.tags[version] for version in publication.moved(job.decided)[0]]
        images[job.planned.dag_type.name] = {
            "repository": job.planned.repository,
            "digest": job.digest,
            "texts": job.texts,
            "tags": {tag: before.get(tag) for tag in to_write} if tags else {},
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
            job.problem = failures.registry_problem(job.planned.repository, str(answer["problem"]))


async def attest(place: Registry, jobs: list[Job], intent: Intent, signer: Signer, run: Run) -> None:
    """Sign every image that is there by digest, before a tag leads to it."""
    going = [job for job in jobs if not job.problem]
    try:
        able, workflow = await identity.ready(signer)
        found = await _subjects(going, intent, run, workflow, logged=able.key is None)
        told = await attach.attest(place, able, [each for subjects in found.values() for each in subjects])
    except Fault as fault:
        for job in going:
            job.problem = job.problem or str(fault)
        return
    for job in going:
        if job.problem:
            continue
        answers = [told[each.where.digest] for each in found[job.planned.dag_type.name]]
        job.problem = "; ".join(each for each in answers if isinstance(each, str))
        job.attested = sum(each for each in answers if isinstance(each, int))
        job.identity = workflow.identity if workflow else ""


async def _subjects(
    jobs: list[Job], intent: Intent, run: Run, workflow: Workflow | None, *, logged: bool
) -> dict[str, list[Subject]]:
    """What is to be signed, by DAG type; a job that fails here has its problem, and isn't among them."""
    found: dict[str, list[Subject]] = {}
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(job: Job) -> None:
        name = job.planned.dag_type.name
        pushed = Pushed(
            dag_type=name,
            repository=job.planned.repository,
            digest=job.digest,
            made={key: Made(image=built, scanned=job.scanned[key]) for key, built in job.images.items()},
            forced=job.forced,
            workflow=workflow,
            logged=logged,
        )
        found[name] = await documents.subjects(pushed, intent.sources, run)

    await gather_all(guarded(job, one(job), limit) for job in jobs)
    return found
