"""Verifying a published image: everything is read from the registry, cosign judges the signatures."""

import shlex
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ...checks.scan import database
from ...checks.scan import text as scan_text
from ...checks.scan.database import DatabaseRequest
from ...config import catalog, names
from ...config.names import Reference
from ...config.policy import Policy
from ...errors import CheckError, ConfigurationError, Fault, StepError
from ...image import base, labels, published
from ...image.base import BaseImage
from ...tools import cosign, trivy
from ...tools.cosign import Trust
from ...tools.registry import Registry
from ...tools.trivy import Java
from .. import provenance_claims, statements
from ..provenance_claims import Claims
from ..sbom import document
from ..sbom.purl import PurlPackage
from . import checks as verify_checks
from .expected import Check, Expected, Held, good

Rules = Callable[[str], Awaitable[Policy]]
_COSIGN_TYPES = {
    statements.PROVENANCE: "slsaprovenance1",
    statements.CYCLONEDX: "cyclonedx",
    statements.SCAN: "vuln",
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
        ConfigurationError: it is an index, whose images are verified one by one, or no image could be as
            asked.
        StepError: the registry or cosign can't be used.
    """
    trust.check()
    expected.check()
    there, signed = await place.signed([where])
    key = names.hex_digits(where.digest)
    answer: dict[str, Any] = there[key]
    if "problem" in answer:
        raise StepError([f"{where}: {answer['problem']}"])
    if answer["config"] is None:
        told = f"is an index: verify each of its images: {', '.join(published.entries(answer['manifest']))}"
        raise ConfigurationError([f"{where} {told}"])
    answers = (await cosign.verify(trust, signed, [key], statements.TYPES))[key]
    said = labels.read(answer["config"])
    name = said.get(labels.DAG, "")
    policy = await rules(name if catalog.NAME.fullmatch(name) else "")
    texts = (answer["manifest"], answer["config"])
    claims = verify_checks.signed_claims(expected, answers, said)
    held = await _held(
        where, place, texts, (answers, claims), partial(database.java, DatabaseRequest(), policy)
    )
    checks = verify_checks.judge(expected, held, policy, datetime.now(UTC))
    told = text(where, checks, (trust, place.plain_http), expected.source)
    if not good(checks):
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
    word = "verified" if good(checks) else "NOT verified"
    lines = [f"{where}: {word}"]
    for check in checks:
        lines += [f"  {check.outcome:<11}  {check.name:<{wide}}  {scan_text.plain(check.evidence)}"]
    flags = [*trust.arguments(), *(["--allow-http-registry"] if plain_http else [])]
    arguments = " ".join(shlex.quote(each) for each in flags)
    lines += ["by hand:", f"  cosign verify {arguments} {where}"]
    lines += [
        f"  cosign verify-attestation --type {kind} {arguments} {where}" for kind in _COSIGN_TYPES.values()
    ]
    repository = provenance_claims.repository(source)
    owner = (
        repository.removeprefix(verify_checks.GITHUB) if repository.startswith(verify_checks.GITHUB) else ""
    )
    if owner and not trust.key and not trust.root:  # gh asks the public services alone
        lines += [f"  gh attestation verify oci://{where} --repo {shlex.quote(owner)} --bundle-from-oci"]
    return "\n".join(lines)


async def _held(
    where: Reference,
    place: Registry,
    texts: tuple[str, str],
    said: tuple[dict[str, Any], Claims | None],
    java: Java,
) -> Held:
    answers, claims = said
    if claims is None:  # nothing of an image that nobody vouches for is fetched or read
        nothing = "it isn't signed as asked: nothing more was looked at"
        return Held(
            answers=answers,
            labels=labels.read(texts[1]),
            installed=None,
            missing_inventory=nothing,
            missing_base=nothing,
        )
    below: BaseImage | None = None
    stands: bool | None = None
    missing_base = "its provenance names no base"
    if claims.base and claims.base_digest:
        try:
            below = await base.load(f"{claims.base}@{claims.base_digest}", published.platform(texts[1]))
            stands = published.stands_on(below, *texts)
        except StepError as fault:
            missing_base = f"its base can't be had: {fault.problems[0].splitlines()[0]}"
    installed: frozenset[PurlPackage] | None = None
    missing = ""
    try:
        installed = await _installed(where, place, texts, below if stands else None, java)
    except Fault as fault:
        missing = f"its layers can't be read: {fault.problems[0].splitlines()[0]}"
    return Held(
        answers=answers,
        labels=labels.read(texts[1]),
        installed=installed,
        missing_inventory=missing,
        base=stands,
        missing_base=missing_base,
    )


async def _installed(
    where: Reference, place: Registry, texts: tuple[str, str], below: BaseImage | None, java: Java
) -> frozenset[PurlPackage]:
    """The packages that are in the layers themselves; those of a known base aren't read again."""
    layout = await published.layout(where, place, texts, below)
    before = await trivy.read(below.layout, java) if below else None
    return document.packages(await trivy.sbom(await trivy.read(layout, java, before)))
