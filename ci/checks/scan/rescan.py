"""Scanning what is published: the image that a tag points to now, with today's database and policy."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ...config import names
from ...config.dag_type import DagType
from ...config.names import Names, Reference
from ...errors import ConfigurationError, StepError, collect, gather_all
from ...image import base, labels, published
from ...image.base import BaseImage
from ...tools import failures
from ...tools.checkout import Checkout
from ...tools.registry import Question, Registry
from . import rescan_targets, verdict
from . import scan as scan_scan
from .database import Asked
from .formats import ScanResult
from .rescan_targets import Answer, Wanted
from .scan import Scanner
from .verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class _Call:
    """What all scans of one call share."""

    place: Registry
    database: Asked
    sources: Checkout


async def rescan(
    types: Sequence[DagType], sources: Checkout, where: tuple[Names, str], place: Registry, database: Asked
) -> ScanResult:
    """The verdicts on the published images of DAG types; what was never published is in its notes.

    Args:
        types: whose images.
        sources: with the policies, and the locks at whose lines alerts are shown.
        where: how images are called, and the version whose tag counts, such as "latest".
        place: the registry.
        database: which vulnerability database to use.

    Raises:
        ConfigurationError: a policy is wrong, the tag isn't legal, or nothing is published at all.
        StepError: the registry doesn't answer. What concerns one type alone is in its verdict.
    """
    await gather_all(
        scan_scan.rules_of(each.name, sources) for each in types
    )  # a slip is told before all else
    wanted = _wanted(types, *where)
    answers = await _answers(wanted, place)
    if all(each.problem for each in answers):
        raise StepError(list(dict.fromkeys(each.problem for each in answers)))
    there = [each for each in answers if not each.unpublished]
    if not there:
        raise rescan_targets.nothing(answers)
    call = _Call(place=place, database=database, sources=sources)
    verdicts = await gather_all(_verdict(each, call) for each in there)
    return ScanResult(
        verdicts=tuple(verdicts),
        locks=await scan_scan.locks_of(types, sources),
        notes=tuple(rescan_targets.notes(answers)),
    )


def _wanted(types: Sequence[DagType], called: Names, version: str) -> list[Wanted]:
    def one(name: str) -> Wanted:
        return Wanted(dag=name, repository=called.repository(name), tag=called.tag(name, version))

    return collect([lambda name=each.name: one(name) for each in types])


async def _answers(wanted: Sequence[Wanted], place: Registry) -> list[Answer]:
    told = await place.look({each.dag: Question(each.repository, [each.tag]) for each in wanted})
    return [_answer(each, told[each.dag]) for each in wanted]


def _answer(wanted: Wanted, told: dict[str, object]) -> Answer:
    if "problem" in told:
        said = failures.registry_problem(wanted.repository, str(told["problem"]))
        return Answer(wanted=wanted, problem=said)
    return rescan_targets.answer(wanted, told)


async def _verdict(answer: Answer, call: _Call) -> Verdict:
    """The verdict on what a tag points to; where it can't be had, that says so."""
    dag, manifest = answer.wanted.dag, answer.manifest
    if manifest is None:
        return verdict.not_scanned(dag, "", "", datetime.now(UTC), rescan_targets.missing(answer))
    several = rescan_targets.images(manifest)
    digests = several or [answer.digest]
    places = [Reference(repository=answer.wanted.repository, tag="", digest=each) for each in digests]
    results = await asyncio.gather(*(_image(dag, each, call) for each in places), return_exceptions=True)
    problems: list[str] = []
    judged: list[tuple[str, Verdict]] = []
    for result in results:
        if isinstance(result, StepError):
            problems += result.problems
        elif isinstance(
            result, BaseException
        ):  # a person's mistake too, such as --database: of no image alone
            raise result
        else:
            judged.append(result)
    if problems:
        return verdict.not_scanned(dag, answer.digest, "", datetime.now(UTC), *dict.fromkeys(problems))
    return rescan_targets.merged(judged, answer.digest) if several else judged[0][1]


async def _image(dag: str, where: Reference, call: _Call) -> tuple[str, Verdict]:
    """The platform of one image, and the verdict on it."""
    told = await call.place.image(where)
    if told["config"] is None:
        raise StepError([f"{where}: is an index within an index: publish it again"])
    texts = (str(told["manifest"]), str(told["config"]))
    platform = published.platform(texts[1])
    below, missing = await base_of(texts, platform, call.sources)
    layout = await published.layout(where, call.place, texts, below)
    scanner = await _scanner(below, platform, call)
    judged = (await scan_scan.scan_layout(dag, where.digest, layout, scanner, call.sources)).verdict
    return platform, judged.model_copy(update={"reasons": (*judged.reasons, *missing)})


async def base_of(
    texts: tuple[str, str], platform: str, sources: Checkout
) -> tuple[BaseImage | None, list[str]]:
    """The base that an image's labels name; or none, and why all that the image holds is judged.

    Args:
        texts: the image's manifest and configuration.
        platform: the image's.
        sources: of the call, in which a base is loaded once.
    """
    said = labels.read(texts[1])
    name, digest = (said.get(f"{labels.OCI}base.{key}", "") for key in ("name", "digest"))
    whole = "all that the image holds is judged, what its base has too"
    if not (name and digest):
        return None, [f"its labels name no base: {whole}"]
    reference = f"{name}@{digest}"
    try:
        names.reference(reference, digest=True)
        below = await sources.memoized(("base", reference, platform), lambda: base.load(reference, platform))
    except ConfigurationError:
        return None, [f"its labels name a base that can't be one, {reference!r}: {whole}"]
    except StepError as fault:
        return None, [f"{fault.problems[0].splitlines()[0]}: {whole}"]
    if not published.stands_on(below, *texts):
        return None, [f"it doesn't stand on the base that its labels name, {reference}: {whole}"]
    return below, []


async def _scanner(below: BaseImage | None, platform: str, call: _Call) -> Scanner:
    async def made() -> Scanner:
        return await scan_scan.prepare(call.database, await scan_scan.rules_of("", call.sources), below)

    key = ("rescan", below.digest if below else "", platform)
    return await call.sources.memoized(key, made)
