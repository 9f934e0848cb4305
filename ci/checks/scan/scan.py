"""Scanning the images of DAG types: the base once, then each image, judged by its policy."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import PurePosixPath

import dagger
from dagger import dag

from ...config import lockfile, policy
from ...config.dag_type import DagType
from ...config.policy import Policy
from ...errors import ConfigurationError, StepError, gather_all, gather_both
from ...image import base, build
from ...image.base import BaseImage
from ...image.built import BuiltImage
from ...tools import trivy
from ...tools.checkout import Checkout
from ...tools.trivy import Analysis, Java
from . import database, detections, verdict
from .database import Asked, Vulnerabilities
from .detections import Detection
from .formats import ScanResult
from .verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """What all scans of one call share: the base's analysis and detections, and the database.

    ``base`` is None where there is none to subtract. ``problems`` say why nothing can be scanned; empty where
    all is at hand. ``java`` gets the database of Java archives.
    """

    base: BaseImage | None
    read: Analysis | None
    found: tuple[Detection, ...]
    vulnerabilities: Vulnerabilities | None
    problems: tuple[str, ...]
    java: Java
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """The verdict on an image, and its analysis; None where Trivy couldn't read it."""

    verdict: Verdict
    read: Analysis | None


async def prepare(asked: Asked, house: Policy, below: BaseImage | None) -> Scanner:
    """Get the database and look at the base, where there is one.

    Raises:
        ConfigurationError: what was asked for can't be.
    """
    now = datetime.now(UTC)
    java = partial(database.java, asked, house)
    reading = asyncio.create_task(_read(below, java))
    at_hand: Vulnerabilities | None = None
    read: Analysis | None = None
    found: tuple[Detection, ...] = ()
    problems: list[str] = []
    try:
        at_hand = await database.fetch(asked, house, now)
    except StepError as fault:
        problems += fault.problems
    except ConfigurationError:
        await asyncio.gather(reading, return_exceptions=True)  # nothing is left running
        raise
    try:
        read = await reading
        found = await _detections(read, at_hand, None) if read else ()
    except StepError as fault:
        problems += fault.problems
    return Scanner(
        base=below,
        read=read,
        found=found,
        vulnerabilities=at_hand,
        problems=tuple(problems),
        java=java,
        now=now,
    )


async def scan(dag_type: DagType, built: BuiltImage, scanner: Scanner, sources: Checkout) -> Scanned:
    """The verdict on a DAG type's image; where it couldn't be scanned, it says so.

    Raises:
        ConfigurationError: its policy is wrong.
    """
    found = await scan_layout(dag_type.name, built.digest, built.layout(), scanner, sources)
    told = found.verdict.model_copy(update={"platform": built.platform})
    return Scanned(verdict=told, read=found.read)


async def scan_layout(
    name: str, digest: str, layout: dagger.Directory, scanner: Scanner, sources: Checkout
) -> Scanned:
    """The verdict on an image that wasn't built here; where it couldn't be scanned, it says so.

    Args:
        name: its DAG type.
        digest: of its manifest.
        layout: the image, as an OCI layout.
        scanner: with the base that it stands on; without one, all that is in the image counts as added.
        sources: with the policies.

    Raises:
        ConfigurationError: its policy is wrong.
    """
    rules = await rules_of(name, sources)
    vex = await _vex(rules, sources)
    digests = (digest, scanner.base.digest if scanner.base else "")
    at_hand = None if scanner.problems else scanner.vulnerabilities
    read: Analysis | None = None
    try:
        read = await trivy.read(layout, scanner.java, scanner.read)
        # Secrets, misconfiguration and licenses are judged where there is no database, too.
        found = await _detections(read, at_hand, vex)
    except StepError as fault:
        reasons = (*scanner.problems, *fault.problems)
        return Scanned(verdict=verdict.not_scanned(name, *digests, scanner.now, *reasons), read=read)
    about = at_hand.about if at_hand else scanner.problems
    both = (found, scanner.found)
    judged = verdict.judge(name, digests, both, rules, about, scanner.now)
    return Scanned(verdict=judged, read=read)


async def _read(below: BaseImage | None, java: Java) -> Analysis | None:
    return await trivy.read(below.layout, java) if below else None


async def _detections(
    read: Analysis, at_hand: Vulnerabilities | None, vex: dagger.Directory | None
) -> tuple[Detection, ...]:
    wanted = [trivy.files(read)]
    wanted += [trivy.vulnerabilities(read, at_hand.folder, vex)] if at_hand else []
    reports = await gather_all(wanted)
    return detections.ordered(each for report in reports for each in detections.read(report))


async def rules_of(name: str, sources: Checkout) -> Policy:
    """The policy of a DAG type; of the house alone where the name is empty."""
    own = await sources.text(policy.own(name)) if name else None
    return policy.parse(await sources.text(policy.HOUSE), own, name=name)


async def _vex(rules: Policy, sources: Checkout) -> dagger.Directory | None:
    if not rules.vex:
        return None
    folder = dag.directory()
    missing: list[str] = []
    for number, path in enumerate(rules.vex):
        text = await sources.text(path)
        if text is None:
            told = f"[scan] vex: {path!r} isn't there: write it, or take it out"
            missing.append(f"{rules.file_of('vex')}: {told}")
        else:
            folder = folder.with_new_file(f"{number}-{PurePosixPath(path).name}", text)
    if missing:
        raise ConfigurationError(missing)
    return folder


async def scan_all(types: Sequence[DagType], asked: Asked, sources: Checkout) -> ScanResult:
    """The verdicts on the images of DAG types, each built first.

    Raises:
        ConfigurationError: a policy is wrong.
        StepError: the base can't be had, or an image can't be built.
    """
    rules = await gather_all(rules_of(each.name, sources) for each in types)  # a slip in one costs no build
    below = await base.pinned()
    scanner, images = await gather_both(
        prepare(asked, rules[0], below), gather_all(build.build(each, sources, below) for each in types)
    )
    scanned = await gather_all(
        scan(each, built, scanner, sources) for each, built in zip(types, images, strict=True)
    )
    return ScanResult(verdicts=tuple(each.verdict for each in scanned), locks=await locks_of(types, sources))


async def locks_of(types: Sequence[DagType], sources: Checkout) -> dict[str, str]:
    """The text of each type's lock, by the type's name; empty where there is none."""
    return {each.name: await sources.text(f"images/{each.name}/{lockfile.NAME}") or "" for each in types}
