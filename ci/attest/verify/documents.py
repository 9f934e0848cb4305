"""Checks of the documents that are signed with an image: its SBOM, and the result of its scan."""

import json
from datetime import UTC, datetime, timedelta

from ...checks.scan import verdict
from ...checks.scan.verdict import State, Verdict
from ...config.policy import Policy
from .. import statements
from ..sbom import document
from ..statements import CYCLONEDX, SCAN
from .expected import Check, CheckStatus, Expected, VerifyInputs, failed, passed, readable


def sbom(inputs: VerifyInputs) -> Check:
    """Check that a signed SBOM names all that is installed.

    One complete SBOM is enough: the same signer may attest the SBOM of a part of the image, too, which the
    detail mentions. Two incomplete ones don't add up, and an unreadable one counts only where it is alone.
    """
    answer = inputs.answers[CYCLONEDX]
    if not answer["good"]:
        return failed(CYCLONEDX, f"no signed SBOM: {answer['error']}")
    installed = inputs.installed
    if not installed:
        problem = inputs.inventory_problem or "no packages in the image's layers"
        return Check(name=CYCLONEDX, status=CheckStatus.NOT_CHECKED, detail=problem)
    attested, problem = readable(answer, lambda predicate: document.packages(json.dumps(predicate)))
    if not attested:
        return failed(CYCLONEDX, problem)
    by_sbom = [(len(packages), document.missing(packages, installed)) for packages in attested]
    count, missing = min(by_sbom, key=lambda entry: len(entry[1]))
    if missing:
        listed = ", ".join(f"{package.name} {package.version}" for package in missing[:5])
        more = ", …" if len(missing) > 5 else ""
        return failed(CYCLONEDX, f"installed packages missing in it: {len(missing)} ({listed}{more})")
    incomplete = sum(bool(packages) for _, packages in by_sbom)
    note = f"; incomplete signed SBOMs: {incomplete}" if incomplete else ""
    return passed(CYCLONEDX, f"{count} packages, including all {len(installed)} in the layers{note}")


def scan(expected: Expected, inputs: VerifyInputs, policy: Policy, now: datetime) -> Check:
    """Check that the newest signed scan is of this image, new enough, and passes by today's policy."""
    answer = inputs.answers[SCAN]
    if not answer["good"]:
        return failed("scan", f"no signed scan: {answer['error']}")
    verdicts, _ = readable(answer, statements.read_scan)
    if not verdicts:
        return failed("scan", "cannot read the signed scan; expected one that publish made")
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
    return failed("scan", f"{'; '.join(problems)} ({facts})") if problems else passed("scan", facts)
