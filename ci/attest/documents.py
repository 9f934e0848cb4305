"""The statements about a published image: signature, SBOM, provenance and scan."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from dagger import dag

from ..checks.scan.scan import ScannedImage
from ..config import pins
from ..config.names import Reference
from ..config.revision import SourceInfo
from ..errors import StepError, gather_all
from ..image import built, labels
from ..image.built import BuiltImage
from ..tools import failures
from ..tools.engine import retrying
from . import provenance
from . import statements as attest_statements
from .attach import AttestedImage
from .provenance import Build, Workflow
from .sbom import create, document
from .statements import CYCLONEDX, PROVENANCE, SCAN, SIGNATURE

# The tools of every publish that signs.
_TOOLS: tuple[str, ...] = ("python", "uv", "trivy", "regctl", "cosign")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of publish: its start, its identifier, and the tools by digest."""

    started: datetime
    invocation: UUID
    tools: Mapping[str, str]
    dagger: str
    ref: str


@dataclass(frozen=True, kw_only=True)
class PlatformImage:
    """An image as it was pushed, for one platform, and its scan."""

    image: BuiltImage
    scanned: ScannedImage


async def begin(ref: str) -> Run:
    """Return a run that starts now."""
    started = datetime.now(UTC)
    with failures.as_step_error("could not pull the tools for signing"):
        references = await gather_all(
            retrying(dag.container().from_(pins.image(name)).image_ref) for name in _TOOLS
        )
        version = await dag.version()
    tools = dict(zip(_TOOLS, references, strict=True))
    return Run(started=started, invocation=uuid.uuid4(), tools=tools, dagger=version, ref=ref)


@dataclass(frozen=True, kw_only=True)
class PushedType:
    """What was pushed of a DAG type: its repository and digest, and the images by platform.

    ``forced`` is the reason for a publish although the gate failed; empty: it passed. ``workflow`` is the
    run that signs, if one does. ``logged``: a public log, which limits the size, keeps what is signed.
    """

    dag_type: str
    repository: str
    digest: str
    images: Mapping[str, PlatformImage]
    forced: str
    workflow: Workflow | None
    logged: bool


async def attested_images(pushed: PushedType, source: SourceInfo, run: Run) -> list[AttestedImage]:
    """Return what is to be signed: each platform's image, and their index where there is one."""
    images = list(pushed.images.values())
    build = Build(
        dag=pushed.dag_type,
        version=labels.version(source.revision),
        platforms=tuple(one.image.platform for one in images),
        ref=run.ref,
        revision=source.revision,
        origin=source.origin,
        base=images[0].image.base,
        taken=built.taken_from(one.image for one in images),
        lock=images[0].image.lock,
        tools=run.tools,
        dagger=run.dagger,
        forced=pushed.forced,
        workflow=pushed.workflow,
        invocation=run.invocation,
        started=run.started,
        finished=datetime.now(UTC),
    )
    documents = await gather_all(_documents(one, pushed, source, run) for one in images)
    by_digest = dict(zip([one.image.digest for one in images], documents, strict=True))
    shared: dict[str, dict[str, Any]] = {SIGNATURE: {}, PROVENANCE: provenance.predicate(build)}
    return [
        AttestedImage(
            reference=Reference(repository=pushed.repository, tag="", digest=digest),
            statements={
                kind: attest_statements.statement(kind, pushed.repository, digest, predicate)
                for kind, predicate in {**shared, **by_digest.get(digest, {})}.items()
            },
        )
        for digest in dict.fromkeys([pushed.digest, *by_digest])
    ]


async def _documents(
    one: PlatformImage, pushed: PushedType, source: SourceInfo, run: Run
) -> dict[str, dict[str, Any]]:
    analysis, verdict = one.scanned.analysis, one.scanned.verdict
    if analysis is None:
        raise StepError(["could not create an SBOM; nothing signed", *verdict.reasons])
    created = labels.created(source.revision)
    text = await create.cyclonedx(one.image, analysis, name=pushed.repository, created=created)
    if pushed.logged:
        document.check_log_size(text)
    scan = attest_statements.scan_predicate(verdict, run.tools["trivy"])
    return {CYCLONEDX: json.loads(text), SCAN: scan}
