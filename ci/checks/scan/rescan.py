"""Rescans: the published image that a tag points to now, with today's database and policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ...config import names
from ...config.names import Reference
from ...errors import ConfigurationError, StepError, gather_all
from ...image import base, labels, published
from ...image.base import BaseImage
from ...tools.checkout import Checkout
from ...tools.registry import Question, Registry
from . import rescan_targets, scan, verdict
from .database import DatabaseRequest
from .formats import ScanResult
from .rescan_targets import Target, TargetState
from .scan import Scanner
from .verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class _Context:
    """What all scans of one call share."""

    registry: Registry
    database: DatabaseRequest
    checkout: Checkout


async def rescan(
    targets: Sequence[Target], registry: Registry, database: DatabaseRequest, checkout: Checkout
) -> ScanResult:
    """Scan published images; types that were never published are in the notes.

    The checkout has the policies, and the locks whose lines SARIF alerts point to. Problems of a single type
    are in its verdict.
    """
    # Before anything is fetched: a mistake in a policy costs nothing.
    await gather_all(scan.rules_of(target.dag, checkout) for target in targets)
    contents = await registry.look(
        {target.dag: Question(target.repository, [target.tag]) for target in targets}
    )
    states = [rescan_targets.state(target, contents[target.dag]) for target in targets]
    if all(state.problem for state in states):
        raise StepError(list(dict.fromkeys(state.problem for state in states)))
    published_states = [state for state in states if not state.unpublished]
    if not published_states:
        raise rescan_targets.nothing_published(states)
    context = _Context(registry=registry, database=database, checkout=checkout)
    verdicts = await gather_all(_verdict(state, context) for state in published_states)
    return ScanResult(
        verdicts=tuple(verdicts),
        locks=await scan.locks_of([target.dag for target in targets], checkout),
        notes=tuple(rescan_targets.notes(states)),
    )


async def _verdict(state: TargetState, context: _Context) -> Verdict:
    """Return the verdict on what a tag points to."""
    name = state.target.dag
    if state.manifest is None:
        return verdict.not_scanned(name, "", "", datetime.now(UTC), rescan_targets.missing(state))
    several = rescan_targets.images(state.manifest)
    references = [
        Reference(repository=state.target.repository, tag="", digest=digest)
        for digest in several or [state.digest]
    ]
    results = await gather_all(_try_image(name, reference, context) for reference in references)
    problems = [problem for fault in results if isinstance(fault, StepError) for problem in fault.problems]
    if problems:
        return verdict.not_scanned(name, state.digest, "", datetime.now(UTC), *dict.fromkeys(problems))
    by_platform = [result for result in results if not isinstance(result, StepError)]
    return rescan_targets.merged(by_platform, state.digest) if several else by_platform[0][1]


async def _try_image(name: str, image: Reference, context: _Context) -> tuple[str, Verdict] | StepError:
    try:
        return await _scan_image(name, image, context)
    except StepError as fault:  # other faults, such as a mistake in --database, concern every image
        return fault


async def _scan_image(name: str, image: Reference, context: _Context) -> tuple[str, Verdict]:
    """Return the platform of one image, and the verdict on it."""
    answer = await context.registry.image(image)
    if answer["config"] is None:
        raise StepError([f"{image} is an index inside an index; expected an image. Publish it again"])
    texts = (str(answer["manifest"]), str(answer["config"]))
    platform = published.platform(texts[1])
    base_image, problems = await base_of(texts, platform, context.checkout)
    layout = await published.layout(image, context.registry, texts, base_image)

    async def prepare() -> Scanner:
        return await scan.prepare(context.database, await scan.rules_of("", context.checkout), base_image)

    key = ("rescan", base_image.digest if base_image else "", platform)
    scanner = await context.checkout.memoized(key, prepare)
    judged = (await scan.scan_layouts(name, image.digest, [layout], scanner, context.checkout)).verdict
    return platform, judged.model_copy(update={"reasons": (*judged.reasons, *problems)})


async def base_of(
    texts: tuple[str, str], platform: str, checkout: Checkout
) -> tuple[BaseImage | None, list[str]]:
    """Return the base that an image's labels name; or None, with the reason why nothing is subtracted."""
    image_labels = labels.read(texts[1])
    name, digest = (image_labels.get(f"{labels.OCI}base.{key}", "") for key in ("name", "digest"))
    consequence = "everything in the image is judged, including its base"
    if not (name and digest):
        return None, [f"the image's labels name no base: {consequence}"]
    reference = f"{name}@{digest}"
    try:
        names.reference(reference, digest=True)
        base_image = await checkout.memoized(
            ("base", reference, platform), lambda: base.load(reference, platform)
        )
    except ConfigurationError:
        return None, [f"the image's labels name an invalid base, {reference!r}: {consequence}"]
    except StepError as fault:
        return None, [f"{fault.problems[0].splitlines()[0]}: {consequence}"]
    if not published.is_built_on(base_image, *texts):
        return None, [f"the image is not built on {reference}, the base in its labels: {consequence}"]
    return base_image, []
