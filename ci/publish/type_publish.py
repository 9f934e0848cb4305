"""One DAG type on its way to the registry: a frozen row, to which each stage adds its result."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

import anyio

from ..config.dag_type import DagType
from ..config.revision import SourceInfo
from ..errors import Fault, gather_all
from ..image import labels, oci
from ..image.built import BuiltImage, taken_from
from ..tools.repository_content import RepositoryContent
from . import tag_updates
from .gate import GateResult
from .plan import TypePlan
from .publication import Row
from .tag_updates import Action, TagUpdate

AT_ONCE = 8  # DAG types


@dataclass(frozen=True, kw_only=True)
class LabelledImages:
    """The images of a DAG type by platform, as they are published.

    ``texts`` are the JSON documents to push, ``digest`` that of the image, or of the index above several;
    ``forced`` is the reason to publish although the gate failed, in a label.
    """

    images: Mapping[str, BuiltImage] = field(default_factory=dict[str, BuiltImage])
    texts: tuple[str, ...] = ()
    digest: str = ""
    forced: str = ""

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests of all that is pushed: the index, if there is one, and the images."""
        return tuple(dict.fromkeys([self.digest, *(image.digest for image in self.images.values())]))


@dataclass(frozen=True, kw_only=True)
class TypePublish:
    """One DAG type; later stages skip it where it has a problem.

    ``content`` and ``published_size`` are from the stage look, ``built`` from build, ``gate`` from gate,
    ``updates`` from decide, ``statements`` (how many were attached) and ``identity`` from attest.
    ``skipped``: nothing is to be made of it; its note says why.
    """

    plan: TypePlan
    skipped: bool = False
    content: RepositoryContent = field(default_factory=RepositoryContent)
    published_size: int | None = None
    built: LabelledImages = field(default_factory=LabelledImages)
    gate: GateResult = field(default_factory=GateResult)
    updates: tuple[TagUpdate, ...] = ()
    statements: int | None = None
    identity: str = ""
    note: str = ""
    problem: str = ""
    gate_failed: bool = False
    seconds: float = 0

    @property
    def name(self) -> str:
        """The DAG type's name."""
        return self.plan.dag_type.name

    @property
    def going_on(self) -> bool:
        """Whether the next stage has work with it."""
        return not self.problem and not self.skipped

    @property
    def to_write(self) -> tuple[tuple[str, str], ...]:
        """The registry's tags that are to be written, in this order, each with the digest it is to have."""
        return tuple(
            (self.plan.tags[update.tag], update.digest) for update in tag_updates.to_write(self.updates)
        )

    def with_build(self, other: "TypePublish") -> "TypePublish":
        """Return the row with what the stage build made of it, while it went through the stage look."""
        problem = "\n".join(filter(None, [self.problem, other.problem]))
        row = replace(self, built=other.built, seconds=self.seconds + other.seconds, problem=problem)
        return row.with_note(other.note)

    def with_note(self, note: str) -> "TypePublish":
        """Return the row with one more note, unless it has it."""
        return replace(self, note="; ".join(dict.fromkeys(filter(None, [self.note, note]))))

    def row(self) -> Row:
        """Return the row of the publication."""
        pushed = self.built.digest if not self.problem else ""
        images = self.built.images.values()
        written = tag_updates.with_action(self.updates, Action.SET)
        same = tag_updates.with_action(self.updates, Action.SAME)
        kept = tag_updates.with_action(self.updates, Action.KEPT)
        return Row(
            dag=self.name,
            repository=self.plan.repository if self.plan.tags else "",
            digest=pushed,
            written=tuple(self.plan.tags[tag] for tag in written) if not self.problem else (),
            same=tuple(self.plan.tags[tag] for tag in same),
            left={self.plan.tags[tag]: why for tag, why in kept.items()},
            size=sum(image.size for image in images),
            added=sum(image.added_size for image in images),
            before=self.published_size,
            taken=taken_from(images),
            seconds=round(self.seconds, 2),
            signed=self.statements,
            identity=self.identity,
            tests=tuple(self.gate.tested.values()),
            scans=tuple(scanned.verdict for scanned in self.gate.scanned.values()),
            note=self.note,
            problem=self.problem,
            gate_failed=self.gate_failed,
        )


Rows = tuple[TypePublish, ...]


def labelled(
    dag_type: DagType, images: Mapping[str, BuiltImage], source: SourceInfo, forced: str = ""
) -> LabelledImages:
    """Return the images of a DAG type with their labels, and with an index above several."""
    assemblies: dict[str, oci.Assembly] = {}
    texts: list[str] = []
    annotations: dict[str, str] = {}
    for platform, image in images.items():
        annotations = labels.labels(dag_type, source, image.base, image.dependencies, forced)
        created = labels.created(source.revision)
        assembly = oci.described(image.assembly, annotations, created, labels.inherited)
        assemblies[platform] = assembly
        texts += [assembly.config.text, assembly.manifest.text]
    digest = next(iter(assemblies.values())).manifest.digest
    if len(assemblies) > 1:
        index = oci.index(assemblies, annotations)
        texts.append(index.text)
        digest = index.digest
    return LabelledImages(
        images={platform: image.described(assemblies[platform]) for platform, image in images.items()},
        texts=tuple(texts),
        digest=digest,
        forced=forced,
    )


async def advance(rows: Rows, work: Callable[[TypePublish], Awaitable[TypePublish]]) -> Rows:
    """Do a stage's work with each row that goes on, several at once; a fault becomes the row's problem."""
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def one(row: TypePublish) -> TypePublish:
        if not row.going_on:
            return row
        async with limiter:
            started = time.monotonic()
            try:
                row = await work(row)
            except Fault as fault:
                row = replace(row, problem=str(fault))
            return replace(row, seconds=row.seconds + time.monotonic() - started)

    return tuple(await gather_all(one(row) for row in rows))


def failed(rows: Rows, problem: str) -> Rows:
    """Return the rows with a problem that all share; rows that have one of their own keep it."""
    return tuple(replace(row, problem=problem) if row.going_on else row for row in rows)
