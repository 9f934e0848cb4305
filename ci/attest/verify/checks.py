"""What a verification found, judged check by check: each good, failed or not checked, with its evidence."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...config.policy import Policy
from ...errors import Fault
from ...image import labels
from .. import provenance_claims
from ..provenance_claims import Claims
from ..statements import PROVENANCE, SIGNATURE
from . import documents
from .expected import Check, Expected, Held, Outcome, good, predicates

GITHUB = "https://github.com/"


def judge(expected: Expected, held: Held, policy: Policy, now: datetime) -> tuple[Check, ...]:
    """All checks, in the order a person reads them."""
    claims, problem = _chosen(expected, held.answers[PROVENANCE], held.labels)
    return (
        _signature(expected, held),
        *(_provenance(expected, held, claims) if claims else [_failed("provenance", problem)]),
        _base_layers(held, claims),
        documents.sbom(held),
        documents.scan(expected, held, policy, now),
    )


def signed_claims(
    expected: Expected, answers: Mapping[str, Mapping[str, Any]], said: Mapping[str, str]
) -> Claims | None:
    """The claims that the image is judged by; None where they aren't signed together with a signature.

    Args:
        expected: what is asked of it.
        answers: cosign's, by type.
        said: the image's labels.
    """
    return _chosen(expected, answers[PROVENANCE], said)[0] if answers[SIGNATURE]["good"] else None


def _good(name: str, told: str) -> Check:
    return Check(name=name, outcome=Outcome.GOOD, evidence=told)


def _failed(name: str, told: str) -> Check:
    return Check(name=name, outcome=Outcome.FAILED, evidence=told)


def _signature(expected: Expected, held: Held) -> Check:
    answer = held.answers[SIGNATURE]
    if answer["good"]:
        return _good("signature", f"by {expected.signer}")
    return _failed("signature", f"there is none by {expected.signer}: {answer['said']}")


def _chosen(
    expected: Expected, answer: Mapping[str, Any], said: Mapping[str, str]
) -> tuple[Claims | None, str]:
    """The provenance to judge by, or why there is none.

    Of several by the same signer those count that publish wrote, for others, such as GitHub's own, know
    nothing of gate and base; where there is none of these, those that name a base. Among equals the first
    that fits what is asked for: an image that was published twice has two.
    """
    if not answer["good"]:
        return None, f"there is none signed by {expected.signer}: {answer['said']}"
    found, problem = _readable(answer)
    if not found:
        return None, problem
    best = max(_rank(each) for each in found)
    among = [each for each in found if _rank(each) == best]
    return next((each for each in among if good(_compared(expected, said, each))), among[0]), ""


def _rank(claims: Claims) -> tuple[bool, bool]:
    return claims.ours, bool(claims.base and claims.base_digest)


def _readable(answer: Mapping[str, Any]) -> tuple[list[Claims], str]:
    found: list[Claims] = []
    problem = "cosign gave no statement of it"
    for predicate in predicates(answer):
        try:
            found.append(provenance_claims.read(predicate))
        except Fault as fault:
            problem = str(fault)
    return found, problem


def _provenance(expected: Expected, held: Held, claims: Claims) -> list[Check]:
    everyone, _ = _readable(held.answers[PROVENANCE])
    return [_tree(claims, everyone), _gate(held, everyone), *_compared(expected, held.labels, claims)]


def _tree(claims: Claims, everyone: list[Claims]) -> Check:
    """What was built; no statement makes up for another that tells of a dirty tree."""
    told = f"{claims.source or 'sources that live nowhere'} at {claims.commit}"
    when = f"of {claims.started:%Y-%m-%d}" if claims.started else "of an unknown day"
    if claims.dirty:
        return _failed("provenance", f"{told}, with changes that no commit has, {when}")
    if any(each.dirty for each in everyone):
        other = "another one by the same signer tells of changes that no commit has"
        return _failed("provenance", f"{told}, {when}; {other}")
    return _good("provenance", f"{told}, {when}")


def _gate(held: Held, everyone: list[Claims]) -> Check:
    """Whether the gate was overridden, by any of the statements or by the image's own words."""
    reasons = {each.forced: None for each in everyone if each.forced}
    if labels.FORCED in held.labels:
        reasons[held.labels[labels.FORCED] or "no reason is given"] = None
    if reasons:
        return _failed("gate", f"it failed, and the image was published by force: {'; '.join(reasons)}")
    return _good("gate", "nothing says that it was overridden")


def _compared(expected: Expected, said: Mapping[str, str], claims: Claims) -> list[Check]:
    """What a provenance claims beside what is asked for, what the certificate says, and the labels."""
    source = provenance_claims.repository(expected.source)
    checks = [
        _builder(expected, claims),
        _same("source", source, claims.source),
        _same("commit", expected.commit, claims.commit),
        _same("base", expected.base_digest, claims.base_digest),
        _labels(said, claims),
    ]
    return [check for check in checks if check is not None]


def _builder(expected: Expected, claims: Claims) -> Check:
    builder = claims.builder
    if claims.unattested or not builder.startswith(GITHUB):
        return _good("builder", f"{builder}: nobody but the signer vouches for where it was built")
    by_name = builder == expected.identity
    pattern = expected.identity_regexp
    by_pattern = bool(pattern) and re.fullmatch(pattern, builder) is not None
    if by_name or by_pattern:
        same = "as the certificate says" if by_name else "which the expected pattern allows"
        return _good("builder", f"{builder}, {same}")
    return _failed("builder", f"it says {builder}, and the signature is by {expected.signer}")


def _same(name: str, asked: str, said: str) -> Check | None:
    if not asked:
        return None
    if asked == said:
        return _good(name, said)
    return _failed(name, f"asked for {asked}, the provenance says {said or 'nothing'}")


def _labels(said: Mapping[str, str], claims: Claims) -> Check:
    """Labels are the image's own words: where they are there, they must be those of the provenance."""
    revision = f"{claims.commit}-dirty" if claims.dirty else claims.commit
    source = provenance_claims.repository(said.get(f"{labels.OCI}source", ""))
    trios = [
        ("revision", said.get(f"{labels.OCI}revision", ""), revision),
        ("base.digest", said.get(labels.BASE_DIGEST, ""), claims.base_digest),
        ("source", source, claims.source),
    ]
    differing = [
        f"{key} is {label!r} in the labels, {claimed!r} in the provenance"
        for key, label, claimed in trios
        if label and label != claimed
    ]
    if differing:
        return _failed("labels", "; ".join(differing))
    return _good("labels", "say what the provenance says")


def _base_layers(held: Held, claims: Claims | None) -> Check:
    if held.base is None or claims is None:
        told = held.missing_base or "no provenance names its base"
        return Check(name="layers", outcome=Outcome.OPEN, evidence=told)
    shown = f"{claims.base}@{claims.base_digest}"
    if not held.base:
        told = f"its lowest layers are not those of {shown}, which its provenance names as its base"
        return _failed("layers", told)
    return _good("layers", f"its lowest layers are those of {shown}")
