"""Scans of the images of DAG types: the base once, then each image, judged by its policy."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import PurePosixPath
from types import MappingProxyType

import dagger
from dagger import dag

from ...config import lockfile, policy
from ...config.dag_type import DagType
from ...config.policy import Policy
from ...errors import ConfigurationError, Fault, StepError, gather_all, gather_both, gather_each, refuse
from ...image import base, build
from ...image.base import BaseImage
from ...image.built import BuiltImage
from ...tools import trivy
from ...tools.checkout import Checkout
from ...tools.engine import step
from ...tools.trivy import Analysis, Java
from . import database, detections, verdict
from .database import DatabaseRequest, VulnerabilityDatabase
from .detections import Detection
from .formats import ScanResult
from .verdict import ImageScan, Verdict


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """What the scans of one call share: the base's analysis and detections, and the database.

    ``base`` is None where there is none to subtract. ``problems`` say why vulnerabilities cannot be checked,
    or are empty. ``java`` gets the database of Java archives.
    """

    base: BaseImage | None
    base_analysis: Analysis | None
    base_detections: tuple[Detection, ...]
    database: VulnerabilityDatabase | None
    problems: tuple[str, ...]
    java: Java
    now: datetime


@dataclass(frozen=True, kw_only=True)
class ScannedImage:
    """The verdict on an image, and its analysis; None where Trivy could not read it."""

    verdict: Verdict
    analysis: Analysis | None


async def prepare(request: DatabaseRequest, rules: Policy, base_image: BaseImage | None) -> Scanner:
    """Return a scanner: fetch the database, and scan the base where there is one."""
    now = datetime.now(UTC)
    java = partial(database.java, request, rules)
    reading = asyncio.create_task(read_base(base_image, java))
    fetched: VulnerabilityDatabase | None = None
    analysis: Analysis | None = None
    base_detections: tuple[Detection, ...] = ()
    problems: list[str] = []
    try:
        with step("vulnerability database"):
            fetched = await database.fetch(request, rules, now)
    except StepError as fault:
        problems += fault.problems
    except ConfigurationError:
        await asyncio.gather(reading, return_exceptions=True)  # nothing is left running
        raise
    try:
        analysis = await reading
        base_detections = await _detections(analysis, fetched, None) if analysis else ()
    except StepError as fault:
        problems += fault.problems
    return Scanner(
        base=base_image,
        base_analysis=analysis,
        base_detections=base_detections,
        database=fetched,
        problems=tuple(problems),
        java=java,
        now=now,
    )


async def scan(dag_type: DagType, built: BuiltImage, scanner: Scanner, checkout: Checkout) -> ScannedImage:
    """Return the verdict on a DAG type's image; where it could not be scanned, the verdict says so."""
    # Without an analysis of the base the image is read whole.
    layouts = built.layouts_above_base() if scanner.base_analysis else (built.layout(),)
    scanned = await scan_layouts(dag_type.name, built.digest, layouts, scanner, checkout)
    verdict_on_platform = scanned.verdict.model_copy(update={"platform": built.platform})
    return ScannedImage(verdict=verdict_on_platform, analysis=scanned.analysis)


async def scan_layouts(
    name: str, digest: str, layouts: Sequence[dagger.Directory], scanner: Scanner, checkout: Checkout
) -> ScannedImage:
    """Return the verdict on an image, from OCI layouts: those it is built on first, its own last.

    ``digest`` is its manifest's. A scanner without a base counts everything in the image as added.
    """
    rules = await rules_of(name, checkout)
    vex = await _vex(rules, checkout)
    base_digest = scanner.base.digest if scanner.base else ""
    usable = None if scanner.problems else scanner.database
    analysis: Analysis | None = None
    try:
        with step(f"scan of {name}"):
            analysis = await trivy.read(layouts, scanner.java, scanner.base_analysis)
            # Secrets, misconfiguration and licenses are judged without a database, too.
            image_detections = await _detections(analysis, usable, vex)
    except StepError as fault:
        reasons = (*scanner.problems, *fault.problems)
        none = verdict.not_scanned(name, digest, base_digest, scanner.now, *reasons)
        return ScannedImage(verdict=none, analysis=analysis)
    image_scan = ImageScan(
        dag=name,
        image=digest,
        base=base_digest,
        detections=image_detections,
        base_detections=scanner.base_detections,
    )
    judged = verdict.judge(image_scan, rules, usable.info if usable else scanner.problems, scanner.now)
    return ScannedImage(verdict=judged, analysis=analysis)


async def read_base(base_image: BaseImage | None, java: Java) -> Analysis | None:
    """Return the analysis of a base, which the engine keeps for all images on it; None for none."""
    if base_image is None:
        return None
    with step("scan of the base image"):
        return await trivy.read([base_image.layout], java, secrets=not base_image.public)


async def _detections(
    analysis: Analysis, usable: VulnerabilityDatabase | None, vex: dagger.Directory | None
) -> tuple[Detection, ...]:
    known = [trivy.vulnerabilities(analysis, usable.folder, vex)] if usable else []
    files, vulnerabilities = await gather_both(trivy.files(analysis), gather_all(known))
    reports = [*files, *vulnerabilities]
    return detections.ordered(detection for report in reports for detection in detections.read(report))


async def rules_of(name: str, checkout: Checkout) -> Policy:
    """Return the policy of a DAG type; the shared one alone where the name is empty."""
    own = await checkout.text(policy.own_file(name)) if name else None
    return policy.parse(await checkout.text(policy.SHARED), own, name=name)


async def _vex(rules: Policy, checkout: Checkout) -> dagger.Directory | None:
    if not rules.vex:
        return None
    folder = dag.directory()
    problems: list[str] = []
    for number, path in enumerate(rules.vex):
        text = await checkout.text(path)
        if text is None:
            file = rules.file_of("vex")
            problems.append(f"{file}: [scan] vex: {path!r} does not exist: create it or remove the entry")
        else:
            folder = folder.with_new_file(f"{number}-{PurePosixPath(path).name}", text)
    refuse(problems)
    return folder


async def scan_all(
    types: Sequence[DagType],
    request: DatabaseRequest,
    checkout: Checkout,
    refused: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> ScanResult:
    """Build and scan the images of DAG types; one that can't be built is not scanned.

    ``refused`` are the problems of other DAG types by name, which can't be built either. Raise
    ConfigurationError if there is no type but these, or a policy is wrong.
    """
    if not types:
        raise ConfigurationError([problem for problems in refused.values() for problem in problems])
    # Before any build: a mistake in a policy costs none.
    rules = await gather_all(rules_of(dag_type.name, checkout) for dag_type in types)
    base_image = await base.pinned(checkout)
    scanner, images = await gather_both(
        prepare(request, rules[0], base_image),
        gather_each(build.build(dag_type, checkout, base_image) for dag_type in types),
    )
    built = [(one, image) for one, image in zip(types, images, strict=True) if not isinstance(image, Fault)]
    scanned = await gather_all(scan(dag_type, image, scanner, checkout) for dag_type, image in built)
    faults = {one.name: image for one, image in zip(types, images, strict=True) if isinstance(image, Fault)}
    problems = {**refused, **{name: fault.problems for name, fault in faults.items()}}
    unbuilt = [
        verdict.not_scanned(name, "", base_image.digest, scanner.now, *reasons)
        for name, reasons in problems.items()
    ]
    verdicts = sorted([*(image.verdict for image in scanned), *unbuilt], key=lambda one: one.dag)
    return ScanResult(verdicts=tuple(verdicts), locks=await locks_of([one.dag for one in verdicts], checkout))


async def locks_of(names: Sequence[str], checkout: Checkout) -> Mapping[str, str]:
    """Return the text of each type's lock, by the type's name; empty where there is none."""
    return {name: await checkout.text(f"images/{name}/{lockfile.NAME}") or "" for name in names}
