"""Verifying a published image: everything is read from the registry, cosign judges the signatures."""

import json
import shlex
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from . import (
    attestations,
    base,
    catalog,
    database,
    evidence,
    labels,
    oci,
    published,
    sbom,
    scan_texts,
    signing,
    trivy,
)
from .base import BaseImage
from .database import Asked
from .errors import CheckError, ConfigurationError, Fault, StepError
from .evidence import Check, Expected, Held
from .names import Reference
from .policy import Policy
from .purl import Package
from .registry import Registry
from .signing import Trust
from .trivy import Java

Rules = Callable[[str], Awaitable[Policy]]
_COSIGN_TYPES = {
    attestations.PROVENANCE: "slsaprovenance1",
    attestations.CYCLONEDX: "cyclonedx",
    attestations.SPDX: "spdxjson",
    attestations.SCAN: "vuln",
}


async def verify(where: Reference, place: Registry, trust: Trust, expected: Expected, rules: Rules) -> str:
    """Check all that is said of an image; gives the checks with their evidence.

    Args:
        where: the image, by digest.
        place: its registry.
        trust: whose signatures count.
        expected: what it must be made from.
        rules: gives the policy of a DAG type, which its scan must fulfil.

    Raises:
        CheckError: a check failed; with all of them.
        ConfigurationError: it is an index, whose images are verified one by one.
        StepError: the registry or cosign can't be used.
    """
    trust.check()
    there, signed = await place.signed([where])
    key = oci.hex_digits(where.digest)
    answer: dict[str, Any] = there[key]
    if "problem" in answer:
        raise StepError([f"{where}: {answer['problem']}"])
    if answer["config"] is None:
        entries = [each["digest"] for each in json.loads(answer["manifest"]).get("manifests", [])]
        told = f"is an index: verify each of its images: {', '.join(entries)}"
        raise ConfigurationError([f"{where} {told}"])
    answers = (await signing.verify(trust, signed, [key]))[key]
    said = labels.read(answer["config"])
    name = said.get(labels.DAG, "")
    policy = await rules(name if catalog.NAME.fullmatch(name) else "")
    texts = (answer["manifest"], answer["config"])
    held = await _held(where, place, texts, answers, partial(database.java, Asked(), policy))
    checks = evidence.judge(expected, held, policy, datetime.now(UTC))
    told = text(where, checks, (trust, place.plain_http), expected.source)
    if not evidence.good(checks):
        raise CheckError([told])
    return told


def text(where: Reference, checks: tuple[Check, ...], by: tuple[Trust, bool], source: str) -> str:
    """The checks for a terminal, and how to repeat them by hand.

    Args:
        where: the image.
        checks: what was found.
        by: whose signatures counted, and whether the registry speaks plain HTTP.
        source: repository that the image must come from; empty: any.
    """
    trust, plain_http = by
    wide = max(len(check.name) for check in checks)
    word = "verified" if evidence.good(checks) else "NOT verified"
    lines = [f"{where}: {word}"]
    for check in checks:
        lines += [f"  {check.outcome:<11}  {check.name:<{wide}}  {scan_texts.plain(check.evidence)}"]
    flags = [*trust.arguments(), *(["--allow-http-registry"] if plain_http else [])]
    arguments = " ".join(shlex.quote(each) for each in flags)
    lines += ["by hand:", f"  cosign verify {arguments} {where}"]
    lines += [
        f"  cosign verify-attestation --type {kind} {arguments} {where}" for kind in _COSIGN_TYPES.values()
    ]
    owner = source.removeprefix(evidence.GITHUB) if source.startswith(evidence.GITHUB) else ""
    if owner and not trust.key:
        lines += [f"  gh attestation verify oci://{where} --repo {owner} --bundle-from-oci"]
    return "\n".join(lines)


async def _held(
    where: Reference, place: Registry, texts: tuple[str, str], answers: dict[str, Any], java: Java
) -> Held:
    said = labels.read(texts[1])
    claims = evidence.signed_claims(answers)
    if claims is None:  # nothing of an image that nobody vouches for is fetched or read
        nothing = "it isn't signed as asked: nothing more was looked at"
        return Held(
            answers=answers, labels=said, installed=None, missing_inventory=nothing, missing_base=nothing
        )
    below: BaseImage | None = None
    missing_base = "its provenance names no base"
    if claims.base and claims.base_digest:
        try:
            below = await base.load(f"{claims.base}@{claims.base_digest}", published.platform(texts[1]))
        except StepError as fault:
            missing_base = f"its base can't be had: {fault.problems[0].splitlines()[0]}"
    stands = published.stands_on(below, *texts) if below else None
    installed: frozenset[Package] | None = None
    missing = ""
    try:
        installed = await _installed(where, place, texts, below if stands else None, java)
    except Fault as fault:
        missing = f"its layers can't be read: {fault.problems[0].splitlines()[0]}"
    return Held(
        answers=answers,
        labels=said,
        installed=installed,
        missing_inventory=missing,
        base=stands,
        missing_base=missing_base,
    )


async def _installed(
    where: Reference, place: Registry, texts: tuple[str, str], below: BaseImage | None, java: Java
) -> frozenset[Package]:
    """The packages that are in the layers themselves; those of a known base aren't read again."""
    layout = await published.layout(where, place, texts, below)
    before = await trivy.read(below.layout, java) if below else None
    return sbom.packages(await trivy.bill(await trivy.read(layout, java, before), "cyclonedx"))
