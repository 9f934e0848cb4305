"""Verification of a published image: read from its registry, with signatures judged by cosign."""

import shlex
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ...checks.scan import database, scan
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
from .expected import Check, Expected, VerifyInputs, good

Rules = Callable[[str], Awaitable[Policy]]
_COSIGN_TYPES = ("slsaprovenance1", "cyclonedx", "vuln")  # cosign's names


async def verify(image: Reference, registry: Registry, trust: Trust, expected: Expected, rules: Rules) -> str:
    """Verify an image by digest; return the report of all checks, or raise it as a CheckError.

    ``rules`` gives the policy of a DAG type, which the scan must fulfil.
    """
    trust.check()
    expected.check()
    by_key, signed = await registry.signed({image: False})
    key = names.hex_digits(image.digest)
    manifests: dict[str, Any] = by_key[key]
    if "problem" in manifests:
        raise StepError([f"{image}: {manifests['problem']}"])
    if manifests["config"] is None:
        entries = ", ".join(published.entries(manifests["manifest"]))
        raise ConfigurationError([f"{image} is an index: verify each of its images: {entries}"])
    answers = (await cosign.verify(trust, signed, [key], statements.TYPES))[key]
    image_labels = labels.read(manifests["config"])
    name = image_labels.get(labels.DAG, "")
    policy = await rules(name if catalog.NAME.fullmatch(name) else "")
    texts = (manifests["manifest"], manifests["config"])
    claims = verify_checks.signed_claims(expected, answers, image_labels)
    if claims is None:  # nothing of an image without a signature is fetched or read
        problem = "not signed by the expected identity; remaining checks skipped"
        inputs = VerifyInputs(
            answers=answers, labels=image_labels, inventory_problem=problem, base_problem=problem
        )
    else:
        java = partial(database.java, DatabaseRequest(), policy)
        inputs = await _collected(image, registry, texts, answers, claims, java)
    checks = verify_checks.judge(expected, inputs, policy, datetime.now(UTC))
    text = report(image, checks, trust, plain_http=registry.plain_http, source=expected.source)
    if not good(checks):
        raise CheckError([text])
    return text


def report(
    image: Reference, checks: tuple[Check, ...], trust: Trust, *, plain_http: bool, source: str
) -> str:
    """Return the checks for a terminal, and the commands that repeat them by hand."""
    width = max(len(check.name) for check in checks)
    lines = [f"{image}: {'verified' if good(checks) else 'NOT verified'}"]
    for check in checks:
        lines += [f"  {check.status:<11}  {check.name:<{width}}  {scan_text.plain(check.detail)}"]
    flags = [*trust.arguments(), *(["--allow-http-registry"] if plain_http else [])]
    arguments = " ".join(map(shlex.quote, flags))
    lines += ["by hand:", f"  cosign verify {arguments} {image}"]
    lines += [f"  cosign verify-attestation --type {kind} {arguments} {image}" for kind in _COSIGN_TYPES]
    repository = provenance_claims.repository(source)
    github = repository.startswith(verify_checks.GITHUB)
    if github and not trust.key and not trust.root:  # gh asks the public services alone
        name = shlex.quote(repository.removeprefix(verify_checks.GITHUB))
        lines += [f"  gh attestation verify oci://{image} --repo {name} --bundle-from-oci"]
    return "\n".join(lines)


async def _collected(  # noqa: PLR0913, PLR0917 - VerifyInputs comes from as many sources
    image: Reference,
    registry: Registry,
    texts: tuple[str, str],
    answers: dict[str, Any],
    claims: Claims,
    java: Java,
) -> VerifyInputs:
    """Load the base and read the image's packages; what fails is recorded as a problem."""
    base_image: BaseImage | None = None
    on_base: bool | None = None
    base_problem = "the provenance names no base"
    if claims.base and claims.base_digest:
        try:
            base_image = await base.load(f"{claims.base}@{claims.base_digest}", published.platform(texts[1]))
            on_base = published.is_built_on(base_image, *texts)
        except StepError as fault:
            base_problem = f"could not load the base: {fault.problems[0].splitlines()[0]}"
    installed: frozenset[PurlPackage] | None = None
    inventory_problem = ""
    try:
        installed = await _installed(image, registry, texts, base_image if on_base else None, java)
    except Fault as fault:
        inventory_problem = f"could not read the layers: {fault.problems[0].splitlines()[0]}"
    return VerifyInputs(
        answers=answers,
        labels=labels.read(texts[1]),
        installed=installed,
        inventory_problem=inventory_problem,
        on_base=on_base,
        base_problem=base_problem,
    )


async def _installed(
    image: Reference, registry: Registry, texts: tuple[str, str], base_image: BaseImage | None, java: Java
) -> frozenset[PurlPackage]:
    """Return the packages in the layers themselves; those of a known base are read from the base."""
    layout = await published.layout(image, registry, texts, base_image)
    base_analysis = await scan.read_base(base_image, java)
    analysis = await trivy.read([layout], java, base_analysis, secrets=False)
    return document.packages(await trivy.sbom(analysis))
