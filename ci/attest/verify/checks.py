"""The checks of a verification: each good, failed or not checked, with the reason."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...config.policy import Policy
from ...image import labels
from .. import provenance_claims
from ..provenance_claims import Claims
from ..statements import PROVENANCE, SIGNATURE
from . import documents
from .expected import Check, CheckStatus, Expected, VerifyInputs, failed, good, passed, readable

GITHUB = "https://github.com/"


def judge(expected: Expected, inputs: VerifyInputs, policy: Policy, now: datetime) -> tuple[Check, ...]:
    """Return all checks, in the order of the report."""
    claims, problem = _chosen(expected, inputs.answers[PROVENANCE], inputs.labels)
    return (
        _signature(expected, inputs),
        *(_provenance(expected, inputs, claims) if claims else [failed("provenance", problem)]),
        _base_layers(inputs, claims),
        documents.sbom(inputs),
        documents.scan(expected, inputs, policy, now),
    )


def signed_claims(
    expected: Expected, answers: Mapping[str, Mapping[str, Any]], image_labels: Mapping[str, str]
) -> Claims | None:
    """Return the claims by which the image is judged; None without a signature or provenance."""
    return _chosen(expected, answers[PROVENANCE], image_labels)[0] if answers[SIGNATURE]["good"] else None


def _signature(expected: Expected, inputs: VerifyInputs) -> Check:
    answer = inputs.answers[SIGNATURE]
    if answer["good"]:
        return passed("signature", f"by {expected.signer}")
    return failed("signature", f"no signature by {expected.signer}: {answer['error']}")


def _chosen(
    expected: Expected, answer: Mapping[str, Any], image_labels: Mapping[str, str]
) -> tuple[Claims | None, str]:
    """Return the claims of the provenance to judge by, or why there is none.

    Of several by the same signer those that publish wrote are chosen, for others, such as GitHub's own, know
    nothing of gate and base; where there is none of these, those that name a base. Among equals the first
    that fulfils the expectations: an image that was published twice has two.
    """
    if not answer["good"]:
        return None, f"no provenance signed by {expected.signer}: {answer['error']}"
    every, problem = readable(answer, provenance_claims.read)
    if not every:
        return None, problem
    best = max(map(_rank, every))
    candidates = [claims for claims in every if _rank(claims) == best]
    fitting = (claims for claims in candidates if good(_compared(expected, image_labels, claims)))
    return next(fitting, candidates[0]), ""


def _rank(claims: Claims) -> tuple[bool, bool]:
    return claims.ours, bool(claims.base and claims.base_digest)


def _provenance(expected: Expected, inputs: VerifyInputs, claims: Claims) -> list[Check]:
    every, _ = readable(inputs.answers[PROVENANCE], provenance_claims.read)
    return [_tree(claims, every), _gate(inputs, every), *_compared(expected, inputs.labels, claims)]


def _tree(claims: Claims, every: list[Claims]) -> Check:
    """Check that the tree was clean; no provenance makes up for another that records a dirty tree."""
    source = f"{claims.source or 'an unknown source'} at {claims.commit}"
    when = f"built on {claims.started:%Y-%m-%d}" if claims.started else "built on an unknown day"
    if claims.dirty:
        return failed("provenance", f"{source} with uncommitted changes, {when}")
    if any(other.dirty for other in every):
        problem = "another provenance by the same signer records uncommitted changes"
        return failed("provenance", f"{source}, {when}; {problem}")
    return passed("provenance", f"{source}, {when}")


def _gate(inputs: VerifyInputs, every: list[Claims]) -> Check:
    """Check that no provenance and no label says that the gate was overridden."""
    reasons = {claims.forced: None for claims in every if claims.forced}
    if labels.FORCED in inputs.labels:
        reasons[inputs.labels[labels.FORCED] or "no reason recorded"] = None
    if reasons:
        return failed("gate", f"published by force although it failed: {'; '.join(reasons)}")
    return passed("gate", "no override recorded")


def _compared(expected: Expected, image_labels: Mapping[str, str], claims: Claims) -> list[Check]:
    """Compare claims with the expectations, the signer and the image's labels."""
    source = provenance_claims.repository(expected.source)
    checks = [
        _builder(expected, claims),
        _same("source", source, claims.source),
        _same("commit", expected.commit, claims.commit),
        _same("base", expected.base_digest, claims.base_digest),
        _labels(image_labels, claims),
    ]
    return [check for check in checks if check is not None]


def _builder(expected: Expected, claims: Claims) -> Check:
    builder = claims.builder
    if claims.unattested or not builder.startswith(GITHUB):
        return passed("builder", f"{builder}, attested only by the signer")
    by_name = builder == expected.identity
    pattern = expected.identity_regexp
    by_pattern = bool(pattern) and re.fullmatch(pattern, builder) is not None
    if by_name or by_pattern:
        reason = "as in the certificate" if by_name else "as the expected pattern allows"
        return passed("builder", f"{builder}, {reason}")
    return failed("builder", f"the provenance names {builder}, but the signature is by {expected.signer}")


def _same(name: str, expected: str, claimed: str) -> Check | None:
    if not expected:
        return None
    if expected == claimed:
        return passed(name, claimed)
    return failed(name, f"expected {expected}; the provenance says {claimed or 'nothing'}")


def _labels(image_labels: Mapping[str, str], claims: Claims) -> Check:
    """Check that the labels that the image has agree with the provenance."""
    revision = f"{claims.commit}-dirty" if claims.dirty else claims.commit
    source = provenance_claims.repository(image_labels.get(f"{labels.OCI}source", ""))
    rows = [
        ("revision", image_labels.get(f"{labels.OCI}revision", ""), revision),
        ("base.digest", image_labels.get(labels.BASE_DIGEST, ""), claims.base_digest),
        ("source", source, claims.source),
    ]
    differing = [
        f"{key} is {label!r} in the labels, {claimed!r} in the provenance"
        for key, label, claimed in rows
        if label and label != claimed
    ]
    return failed("labels", "; ".join(differing)) if differing else passed("labels", "match the provenance")


def _base_layers(inputs: VerifyInputs, claims: Claims | None) -> Check:
    if inputs.on_base is None or claims is None:
        problem = inputs.base_problem or "no provenance names the base"
        return Check(name="layers", status=CheckStatus.NOT_CHECKED, detail=problem)
    base = f"{claims.base}@{claims.base_digest}"
    if not inputs.on_base:
        return failed("layers", f"the lowest layers are not those of {base}, the base in the provenance")
    return passed("layers", f"the lowest layers are those of {base}")
