"""One DAG type on its way to the registry: what was made of it, what is there, and what stopped it."""

import time
from asyncio import Semaphore
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..checks.report import Report
from ..checks.scan.scan import ScannedImage
from ..errors import Fault
from ..image import labels, oci
from ..image.built import BuiltImage
from . import publication
from .moves import Move
from .plan import Intent, Planned
from .publication import Row


@dataclass
class Job:
    """One DAG type.

    ``there`` is what the registry answered, ``images``, ``tested`` and ``scanned`` are by platform, ``texts``
    and ``digest`` what is to be pushed, ``before`` the compressed bytes of what latest was; ``problem`` is
    what stopped it, empty where nothing did.
    """

    planned: Planned
    there: dict[str, Any] = field(default_factory=dict[str, Any])
    before: int | None = None
    images: dict[str, BuiltImage] = field(default_factory=dict[str, BuiltImage])
    tested: Mapping[str, Report] = field(default_factory=dict[str, Report])
    scanned: Mapping[str, ScannedImage] = field(default_factory=dict[str, ScannedImage])
    forced: str = ""
    texts: list[str] = field(default_factory=list[str])
    digest: str = ""
    attested: int | None = None
    identity: str = ""
    decided: tuple[Move, ...] = ()
    note: str = ""
    problem: str = ""
    seconds: float = 0


async def guarded(job: Job, work: Awaitable[None], limit: Semaphore) -> None:
    """Do a part of the work for a job; a fault becomes its problem, and others go on."""
    async with limit:
        started = time.monotonic()
        try:
            await work
        except Fault as fault:
            job.problem = str(fault)
        job.seconds += time.monotonic() - started


def described(job: Job, plain: Mapping[str, BuiltImage], intent: Intent) -> dict[str, BuiltImage]:
    """The images with their labels; with an index above several, what is to be pushed is then known."""
    described: dict[str, oci.Assembly] = {}
    told: dict[str, str] = {}
    job.texts = []
    for name, built in plain.items():
        told = labels.labels(job.planned.dag_type, intent.sources, built.base, job.forced)
        created = labels.created(intent.sources.revision)
        described[name] = oci.described(built.assembly, told, created, labels.kept)
        job.texts += [described[name].config.text, described[name].manifest.text]
    job.digest = next(iter(described.values())).manifest.digest
    if len(described) > 1:
        top = oci.index(described, told)
        job.texts.append(top.text)
        job.digest = top.digest
    return {name: built.described(described[name]) for name, built in plain.items()}


def row(job: Job) -> Row:
    """What is told of a job."""
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
        before=job.before,
        seconds=round(job.seconds, 2),
        signed=job.attested,
        identity=job.identity,
        tests=tuple(job.tested.values()),
        scans=tuple(each.verdict for each in job.scanned.values()),
        note=job.note,
        problem=job.problem,
    )
