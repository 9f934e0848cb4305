"""What a verification found, judged check by check: each good, failed or not checked, with its evidence."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from . import attestations, labels, provenance_read, sbom, verdict
from .attestations import CYCLONEDX, PROVENANCE, SCAN, SIGNATURE, SPDX
from .errors import Fault
from .policy import Policy
from .provenance_read import Claims
from .purl import Package
from .verdict import State, Verdict

GITHUB = "https://github.com/"


class Outcome(StrEnum):
    """What became of a check."""

    GOOD = "ok"
    FAILED = "failed"
    OPEN = "not checked"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check and what it rests on."""

    name: str
    outcome: Outcome
    evidence: str


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What is asked of an image; what is empty isn't asked for.

    ``digest`` is the image's; ``signer`` says whose signatures count, in words; ``identity`` is the exact
    identity, ``identity_regexp`` a pattern of it, both empty for a key.
    """

    digest: str
    signer: str
    identity: str = ""
    identity_regexp: str = ""
    source: str = ""
    commit: str = ""
    base_digest: str = ""
    scan_days: float = 30


@dataclass(frozen=True, kw_only=True)
class Held:
    """What is at hand: cosign's answers by type, the image's labels, and what is really in it.

    ``installed`` is None and ``missing_inventory`` says why where its layers couldn't be read; ``base`` says
    whether its lowest layers are those of the base in its labels, None where that can't be told.
    """

    answers: Mapping[str, Mapping[str, Any]]
    labels: Mapping[str, str]
    installed: frozenset[Package] | None
    missing_inventory: str = ""
    base: bool | None = None
    missing_base: str = ""


def judge(expected: Expected, held: Held, policy: Policy, now: datetime) -> tuple[Check, ...]:
    """All checks, in the order a person reads them."""
    return (
        _signature(expected, held),
        *_provenance(expected, held),
        _base_layers(held),
        *(_sbom(kind, held) for kind in (CYCLONEDX, SPDX)),
        _scan(expected, held, policy, now),
    )


def signed_claims(answers: Mapping[str, Mapping[str, Any]]) -> Claims | None:
    """The claims of a provenance that is signed together with a signature; None where one is lacking."""
    if not answers[SIGNATURE]["good"] or not answers[PROVENANCE]["good"]:
        return None
    for statement in answers[PROVENANCE]["statements"]:
        with suppress(Fault):
            return provenance_read.read(statement["predicate"])
    return None


def good(checks: Sequence[Check]) -> bool:
    """Whether all was checked, and nothing failed."""
    return all(check.outcome is Outcome.GOOD for check in checks)


def _signature(expected: Expected, held: Held) -> Check:
    answer = held.answers[SIGNATURE]
    if answer["good"]:
        return Check(name="signature", outcome=Outcome.GOOD, evidence=f"by {expected.signer}")
    told = f"there is none by {expected.signer}: {answer['said']}"
    return Check(name="signature", outcome=Outcome.FAILED, evidence=told)


def _provenance(expected: Expected, held: Held) -> tuple[Check, ...]:
    answer = held.answers[PROVENANCE]
    if not answer["good"]:
        told = f"there is none signed by {expected.signer}: {answer['said']}"
        return (Check(name="provenance", outcome=Outcome.FAILED, evidence=told),)
    nothing = Check(name="provenance", outcome=Outcome.FAILED, evidence="cosign gave no statement of it")
    tried: list[tuple[Check, ...]] = [(nothing,)]
    for statement in answer["statements"]:
        try:
            claims = provenance_read.read(statement["predicate"])
        except Fault as fault:
            tried.append((Check(name="provenance", outcome=Outcome.FAILED, evidence=str(fault)),))
            continue
        found = _claims(expected, held, claims)
        if good(found):
            return found
        tried.append(found)
    return tried[-1]


def _claims(expected: Expected, held: Held, claims: Claims) -> tuple[Check, ...]:
    dirty = ", with changes that no commit has" if claims.dirty else ""
    told = f"{claims.source or 'sources that live nowhere'} at {claims.commit}{dirty}"
    outcome = Outcome.FAILED if claims.dirty else Outcome.GOOD
    checks = [
        Check(name="provenance", outcome=outcome, evidence=f"{told}, of {_day(claims.started)}"),
        _gate(claims),
        _builder(expected, claims),
        _same("source", expected.source.rstrip("/").removesuffix(".git"), claims.source),
        _same("commit", expected.commit, claims.commit),
        _same("base", expected.base_digest, claims.base_digest),
        *_labels(held, claims),
    ]
    return tuple(check for check in checks if check is not None)


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "an unknown day"


def _gate(claims: Claims) -> Check:
    if claims.forced:
        told = f"it failed, and the image was published by force: {claims.forced}"
        return Check(name="gate", outcome=Outcome.FAILED, evidence=told)
    return Check(name="gate", outcome=Outcome.GOOD, evidence="nothing says that it was overridden")


def _builder(expected: Expected, claims: Claims) -> Check:
    builder = claims.builder
    if claims.unattested or not builder.startswith(GITHUB):
        told = f"{builder}: nobody but the signer vouches for where it was built"
        return Check(name="builder", outcome=Outcome.GOOD, evidence=told)
    by_name = builder == expected.identity
    by_pattern = bool(expected.identity_regexp) and re.search(expected.identity_regexp, builder) is not None
    if by_name or by_pattern:
        same = "as the certificate says" if by_name else "which the expected pattern allows"
        return Check(name="builder", outcome=Outcome.GOOD, evidence=f"{builder}, {same}")
    told = f"it says {builder}, and the signature is by {expected.signer}"
    return Check(name="builder", outcome=Outcome.FAILED, evidence=told)


def _same(name: str, asked: str, said: str) -> Check | None:
    if not asked:
        return None
    if asked == said:
        return Check(name=name, outcome=Outcome.GOOD, evidence=said)
    told = f"asked for {asked}, the provenance says {said or 'nothing'}"
    return Check(name=name, outcome=Outcome.FAILED, evidence=told)


def _labels(held: Held, claims: Claims) -> list[Check]:
    """Labels are the image's own words: where they are there, they must be those of the provenance."""
    revision = f"{claims.commit}-dirty" if claims.dirty else claims.commit
    pairs = [("revision", revision), ("base.digest", claims.base_digest), ("source", claims.source)]
    differing = [
        f"{key} is {said!r} in the labels, {claimed!r} in the provenance"
        for key, claimed in pairs
        if (said := held.labels.get(f"{labels.OCI}{key}", "")) and said != claimed
    ]
    if differing:
        return [Check(name="labels", outcome=Outcome.FAILED, evidence="; ".join(differing))]
    return [Check(name="labels", outcome=Outcome.GOOD, evidence="say what the provenance says")]


def _base_layers(held: Held) -> Check:
    name = held.labels.get(f"{labels.OCI}base.name", "")
    digest = held.labels.get(labels.BASE_DIGEST, "")
    shown = f"{name}@{digest}"
    if held.base is None:
        return Check(name="layers", outcome=Outcome.OPEN, evidence=held.missing_base)
    if not held.base:
        told = f"its lowest layers are not those of {shown}, which its labels name as its base"
        return Check(name="layers", outcome=Outcome.FAILED, evidence=told)
    return Check(name="layers", outcome=Outcome.GOOD, evidence=f"its lowest layers are those of {shown}")


def _sbom(kind: str, held: Held) -> Check:
    answer = held.answers[kind]
    if not answer["good"]:
        return Check(name=kind, outcome=Outcome.FAILED, evidence=f"there is no signed one: {answer['said']}")
    if not held.installed:
        told = held.missing_inventory or "no package was found in its layers"
        return Check(name=kind, outcome=Outcome.OPEN, evidence=told)
    best: tuple[Package, ...] | None = None
    count = 0
    for statement in answer["statements"]:
        try:
            attested = sbom.packages(json.dumps(statement["predicate"]))
        except Fault as fault:
            return Check(name=kind, outcome=Outcome.FAILED, evidence=str(fault))
        lacking = sbom.missing(attested, held.installed)
        if best is None or len(lacking) < len(best):
            best, count = lacking, len(attested)
    if best is None:
        return Check(name=kind, outcome=Outcome.FAILED, evidence="cosign gave no statement of it")
    if best:
        shown = ", ".join(f"{each.name} {each.version}" for each in best[:5])
        lacked = f"{len(best)} installed package{'s are' if len(best) > 1 else ' is'}"
        told = f"{lacked} not in it: {shown}{', …' if len(best) > 5 else ''}"
        return Check(name=kind, outcome=Outcome.FAILED, evidence=told)
    told = f"{count} packages, among them all {len(held.installed)} that are in the layers"
    return Check(name=kind, outcome=Outcome.GOOD, evidence=told)


def _scan(expected: Expected, held: Held, policy: Policy, now: datetime) -> Check:
    answer = held.answers[SCAN]
    if not answer["good"]:
        return Check(
            name="scan", outcome=Outcome.FAILED, evidence=f"there is no signed one: {answer['said']}"
        )
    found: list[Verdict] = []
    for statement in answer["statements"]:
        with suppress(Fault):  # another scanner's, by the same signer, is neither good nor bad
            found.append(attestations.read_scan(statement["predicate"]))
    if not found:
        told = "there is a signed one, but none whose verdict can be read: expected one that publish made"
        return Check(name="scan", outcome=Outcome.FAILED, evidence=told)
    newest = max(found, key=lambda each: each.scanned)
    return _judged_scan(newest, expected, policy, now)


def _judged_scan(newest: Verdict, expected: Expected, policy: Policy, now: datetime) -> Check:
    age = now - newest.scanned
    when = f"of {newest.scanned:%Y-%m-%d}, {age.days} days old"
    problems: list[str] = []
    if newest.image != expected.digest:
        problems.append(f"it is a scan of another image, {newest.image}")
    if age > timedelta(days=expected.scan_days):
        problems.append(f"it is older than {expected.scan_days:g} days: publish again, or scan anew")
    if age < timedelta(minutes=-10):
        problems.append("it is of the future")
    if newest.unreliable:
        problems.append(f"not scanned: {newest.unreliable}")
    elif newest.state is not State.PASSED:
        problems.append(f"the image {newest.state}: {'; '.join(newest.reasons) or 'see its findings'}")
    today: date = now.astimezone(UTC).date()
    failing = [each for each in newest.found if verdict.fails(each, policy, today)]
    if failing and newest.state is State.PASSED:
        shown = ", ".join(f"{each.detection.id} in {each.detection.subject}" for each in failing[:5])
        problems.append(f"by the policy of today {len(failing)} findings fail: {shown}")
    database = newest.database
    told = f"{when}, {newest.state}, database {database.reference if database else 'none'}"
    if problems:
        return Check(name="scan", outcome=Outcome.FAILED, evidence=f"{'; '.join(problems)} ({told})")
    return Check(name="scan", outcome=Outcome.GOOD, evidence=told)
