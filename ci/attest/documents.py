"""The statements about a published image: signature, SBOMs, provenance and scan."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import dagger
from dagger import dag

from ..checks.scan.scan import ScannedImage
from ..config import pins
from ..config.names import Reference
from ..config.revision import SourceInfo
from ..errors import StepError, gather_all
from ..image import labels
from ..image.built import BuiltImage
from ..tools import failures
from ..tools.engine import retrying
from . import provenance
from . import statements as attest_statements
from .attach import Subject
from .provenance import Build, Workflow
from .sbom import create, document
from .statements import CYCLONEDX, PROVENANCE, SCAN, SIGNATURE

# What takes part in every publish that signs.
_TOOLS: tuple[str, ...] = ("python", "uv", "trivy", "regctl", "cosign")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of publish: when it began, what it is called, and the tools by digest."""

    started: datetime
    invocation: UUID
    tools: Mapping[str, str]
    dagger: str
    ref: str


@dataclass(frozen=True, kw_only=True)
class Made:
    """An image as it was pushed, and its scan."""

    image: BuiltImage
    scanned: ScannedImage


async def begin(ref: str) -> Run:
    """A run that starts now.

    Raises:
        StepError: a tool's image can't be had.
    """
    started = datetime.now(UTC)
    try:
        references = await gather_all(
            retrying(dag.container().from_(pins.image(name)).image_ref) for name in _TOOLS
        )
        version = await dag.version()
    except dagger.QueryError as error:
        raise failures.step_error("the tools to sign with can't be had", error) from None
    tools = dict(zip(_TOOLS, references, strict=True))
    return Run(started=started, invocation=uuid.uuid4(), tools=tools, dagger=version, ref=ref)


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """What was pushed of a DAG type: to where, under which digest, and the images by platform.

    ``forced`` says why although the gate failed; empty: it passed. ``workflow`` is who signs, if one does.
    ``logged`` says whether a public log keeps what is signed, which takes only so much: not by a key.
    """

    dag_type: str
    repository: str
    digest: str
    made: Mapping[str, Made]
    forced: str
    workflow: Workflow | None
    logged: bool


async def subjects(pushed: Pushed, sources: SourceInfo, run: Run) -> list[Subject]:
    """What is to be signed: each platform's image, and the index above them where there is one.

    Raises:
        StepError: an SBOM can't be made.
        ConfigurationError: one is too large for the public log, which is to keep it.
    """
    made, repository = pushed.made, pushed.repository
    first = next(iter(made.values())).image
    build = Build(
        dag=pushed.dag_type,
        version=labels.version(sources.revision),
        platforms=tuple(each.image.platform for each in made.values()),
        ref=run.ref,
        revision=sources.revision,
        origin=sources.origin,
        base=first.base,
        lock=first.lock,
        tools=run.tools,
        dagger=run.dagger,
        forced=pushed.forced,
        workflow=pushed.workflow,
        invocation=run.invocation,
        started=run.started,
        finished=datetime.now(UTC),
    )
    about = provenance.predicate(build)
    digests = list(dict.fromkeys([pushed.digest, *(each.image.digest for each in made.values())]))
    found: list[Subject] = []
    documents = dict(
        zip(
            [each.image.digest for each in made.values()],
            await gather_all(_documents(each, pushed, sources, run) for each in made.values()),
            strict=True,
        )
    )
    for digest in digests:
        said = {SIGNATURE: {}, PROVENANCE: about, **documents.get(digest, {})}
        statements = {
            kind: attest_statements.statement(kind, repository, digest, predicate)
            for kind, predicate in said.items()
        }
        where = Reference(repository=repository, tag="", digest=digest)
        found.append(Subject(where=where, statements=statements))
    return found


async def _documents(
    made: Made, pushed: Pushed, sources: SourceInfo, run: Run
) -> dict[str, dict[str, object]]:
    created = labels.created(sources.revision)
    read = made.scanned.analysis
    if read is None:
        raise StepError(["no SBOM can be made, and so nothing signed", *made.scanned.verdict.reasons])
    text = await create.cyclonedx(made.image, read, name=pushed.repository, created=created)
    if pushed.logged:
        document.check_log_size(text)
    scan = attest_statements.scan_predicate(made.scanned.verdict, run.tools["trivy"])
    return {CYCLONEDX: json.loads(text), SCAN: scan}
