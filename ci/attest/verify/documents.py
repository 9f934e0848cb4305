"""Checks of the documents that are signed with an image: its SBOMs, and the result of its scan."""

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from ...checks.scan import verdict
from ...checks.scan.verdict import State, Verdict
from ...config.policy import Policy
from ...errors import Fault
from .. import statements
from ..sbom import document
from ..sbom.purl import PurlPackage
from ..statements import CYCLONEDX, SCAN
from .expected import Check, Expected, Held, Outcome, predicates


def sbom(held: Held) -> Check:
    """Whether a signed SBOM names all that is installed.

    One that does is enough, whatever else the same signer attests: an SBOM of a part of the image isn't
    wrong, and takes nothing from the one of the whole. That there is such a one is told. Two that lack
    something each aren't added up, and what can't be read counts only where nothing else is there.
    """
    answer = held.answers[CYCLONEDX]
    if not answer["good"]:
        return Check(
            name=CYCLONEDX, outcome=Outcome.FAILED, evidence=f"there is no signed one: {answer['said']}"
        )
    if not held.installed:
        told = held.missing_inventory or "no package was found in its layers"
        return Check(name=CYCLONEDX, outcome=Outcome.OPEN, evidence=told)
    found: list[tuple[int, tuple[PurlPackage, ...]]] = []
    told = "cosign gave no statement of it"
    for predicate in predicates(answer):
        try:
            attested = document.packages(json.dumps(predicate))
        except Fault as fault:
            told = str(fault)
            continue
        found.append((len(attested), document.missing(attested, held.installed)))
    if not found:
        return Check(name=CYCLONEDX, outcome=Outcome.FAILED, evidence=told)
    count, lacking = min(found, key=lambda each: len(each[1]))
    if lacking:
        return Check(name=CYCLONEDX, outcome=Outcome.FAILED, evidence=_lacking(lacking))
    told = f"{count} packages, among them all {len(held.installed)} that are in the layers"
    others = sum(bool(each) for _, each in found)
    note = f"; signed ones that lack some of them: {others}" if others else ""
    return Check(name=CYCLONEDX, outcome=Outcome.GOOD, evidence=f"{told}{note}")


def _lacking(lacking: tuple[PurlPackage, ...]) -> str:
    shown = ", ".join(f"{each.name} {each.version}" for each in lacking[:5])
    lacked = f"{len(lacking)} installed package{'s are' if len(lacking) > 1 else ' is'}"
    return f"{lacked} not in it: {shown}{', …' if len(lacking) > 5 else ''}"


def scan(expected: Expected, held: Held, policy: Policy, now: datetime) -> Check:
    """Whether the newest signed scan is of this image, new enough, and passes by the policy of today."""
    answer = held.answers[SCAN]
    if not answer["good"]:
        return Check(
            name="scan", outcome=Outcome.FAILED, evidence=f"there is no signed one: {answer['said']}"
        )
    found: list[Verdict] = []
    for predicate in predicates(answer):
        with suppress(Fault):  # another scanner's, by the same signer, is neither good nor bad
            found.append(statements.read_scan(predicate))
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
        problems.append(f"it is older than {expected.scan_days:g} days: publish again")
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
