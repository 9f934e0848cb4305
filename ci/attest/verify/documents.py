"""Checks of the documents that are signed with an image: its SBOM, and the result of its scan."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from ...checks.scan import verdict
from ...checks.scan.verdict import State, Verdict
from ...config.policy import Policy
from ...errors import Fault
from .. import statements
from ..sbom import document
from ..sbom.purl import PurlPackage
from ..statements import CYCLONEDX, SCAN
from .expected import Check, CheckStatus, Expected, VerifyInputs, predicates


def sbom(inputs: VerifyInputs) -> Check:
    """Check that a signed SBOM names all that is installed.

    One complete SBOM is enough: the same signer may attest the SBOM of a part of the image, too, which the
    detail mentions. Two incomplete ones don't add up, and an unreadable one counts only where it is alone.
    """
    answer = inputs.answers[CYCLONEDX]
    if not answer["good"]:
        return _sbom_check(CheckStatus.FAILED, f"no signed SBOM: {answer['error']}")
    if not inputs.installed:
        problem = inputs.inventory_problem or "no packages in the image's layers"
        return _sbom_check(CheckStatus.NOT_CHECKED, problem)
    readable: list[tuple[int, tuple[PurlPackage, ...]]] = []
    problem = "cosign returned no statement"
    for predicate in predicates(answer):
        try:
            attested = document.packages(json.dumps(predicate))
        except Fault as fault:
            problem = str(fault)
            continue
        readable.append((len(attested), document.missing(attested, inputs.installed)))
    if not readable:
        return _sbom_check(CheckStatus.FAILED, problem)
    count, missing = min(readable, key=lambda entry: len(entry[1]))
    if missing:
        return _sbom_check(CheckStatus.FAILED, _missing(missing))
    incomplete = sum(bool(packages) for _, packages in readable)
    note = f"; incomplete signed SBOMs: {incomplete}" if incomplete else ""
    detail = f"{count} packages, including all {len(inputs.installed)} in the layers{note}"
    return _sbom_check(CheckStatus.GOOD, detail)


def _sbom_check(status: CheckStatus, detail: str) -> Check:
    return Check(name=CYCLONEDX, status=status, detail=detail)


def _missing(packages: tuple[PurlPackage, ...]) -> str:
    listed = ", ".join(f"{package.name} {package.version}" for package in packages[:5])
    return f"installed packages missing in it: {len(packages)} ({listed}{', …' if len(packages) > 5 else ''})"


def scan(expected: Expected, inputs: VerifyInputs, policy: Policy, now: datetime) -> Check:
    """Check that the newest signed scan is of this image, new enough, and passes by today's policy."""
    answer = inputs.answers[SCAN]
    if not answer["good"]:
        return Check(name="scan", status=CheckStatus.FAILED, detail=f"no signed scan: {answer['error']}")
    verdicts: list[Verdict] = []
    for predicate in predicates(answer):
        with suppress(Fault):  # another scanner's, by the same signer, is neither good nor bad
            verdicts.append(statements.read_scan(predicate))
    if not verdicts:
        problem = "cannot read the signed scan; expected one that publish made"
        return Check(name="scan", status=CheckStatus.FAILED, detail=problem)
    newest = max(verdicts, key=lambda verdict: verdict.scanned)
    return _judged_scan(newest, expected, policy, now)


def _judged_scan(newest: Verdict, expected: Expected, policy: Policy, now: datetime) -> Check:
    age = now - newest.scanned
    problems: list[str] = []
    if newest.image != expected.digest:
        problems.append(f"it is the scan of another image, {newest.image}")
    if age > timedelta(days=expected.scan_days):
        problems.append(f"older than {expected.scan_days:g} days: publish again")
    if age < timedelta(minutes=-10):
        problems.append("dated in the future")
    if newest.unreliable:
        problems.append(f"not scanned: {newest.unreliable}")
    elif newest.state is not State.PASSED:
        problems.append(f"the image {newest.state}: {'; '.join(newest.reasons) or 'see its detections'}")
    today = now.astimezone(UTC).date()
    failing = [judged.detection for judged in newest.found if verdict.fails(judged, policy, today)]
    if failing and newest.state is State.PASSED:
        listed = ", ".join(f"{detection.id} in {detection.subject}" for detection in failing[:5])
        problems.append(f"fails by today's policy: {listed}{', …' if len(failing) > 5 else ''}")
    database = newest.database.reference if newest.database else "none"
    facts = f"{newest.state} on {newest.scanned:%Y-%m-%d}, {age.days} days ago, database {database}"
    if problems:
        return Check(name="scan", status=CheckStatus.FAILED, detail=f"{'; '.join(problems)} ({facts})")
    return Check(name="scan", status=CheckStatus.GOOD, detail=facts)
