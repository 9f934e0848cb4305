"""What a verifier makes of a scan: its age, its verdict, and the policy of today."""

from datetime import timedelta

import pytest

from ci.attest.statements import SCAN
from ci.attest.verify.expected import CheckStatus
from ci.checks.scan.verdict import Decision, State, Verdict, not_scanned
from ci.config.policy import Ignore, Policy

from ...verdicts import BASE, DATABASE, IMAGE, NOW, judged, verdict, vulnerability
from .inputs import FAILED, GOOD, asked, checks, held, scan

STRICT = Policy(fixable_only=False)
TEST = DATABASE.model_copy(update={"test": True})
UNFIXED = judged(vulnerability(fixed=""), Decision.TOLERATED, "no fix yet")
IGNORED = judged(vulnerability(), Decision.IGNORED, "never called")
HARMLESS = judged(vulnerability(vex="not_affected, says a.json"), Decision.IGNORED, "not_affected")
TODAY = NOW.date()


def ignoring(days: int) -> Policy:
    """Ignore the finding until so many days from today."""
    ignore = {"id": "CVE-1", "package": "zeep", "reason": "never called", "owner": "a@example.com"}
    until = {"expires": TODAY + timedelta(days=days), "file": "images/policy.toml"}
    return Policy().model_copy(update={"ignores": (Ignore.model_validate({**ignore, **until}),)})


def aged(**since: float) -> Verdict:
    return verdict(scanned=NOW - timedelta(**since))


ANY, BY_POLICY = Policy(), "fails by today's policy: CVE-1 in zeep"
EXPIRED = verdict(state=State.FAILED, reasons=("an ignore expired",))
BLIND = not_scanned("api", IMAGE, BASE, NOW, "no network")

# The scan's verdicts, the policy of today, the check's status, and a part of its detail.
SCANS: list[tuple[list[Verdict], Policy, CheckStatus, str]] = [
    ([aged(days=30)], ANY, GOOD, "30 days ago"),
    ([aged(days=30, seconds=1)], ANY, FAILED, "older than 30 days"),
    ([aged(days=99), aged(days=1), aged(days=50)], ANY, GOOD, "1 days ago"),
    ([aged(days=1), verdict(judged())], ANY, FAILED, "the image failed"),  # the newest counts
    ([aged(minutes=-10)], ANY, GOOD, ""),
    ([aged(minutes=-11)], ANY, FAILED, "dated in the future"),
    ([verdict(judged())], ANY, FAILED, "the image failed: see its detections"),
    ([verdict(judged())], ignoring(1), FAILED, "the image failed"),
    ([EXPIRED], ANY, FAILED, "the image failed: an ignore expired"),
    ([BLIND], ANY, FAILED, "not scanned: no network"),
    ([verdict(database=TEST)], ANY, FAILED, "not scanned: the vulnerability database contains"),
    ([verdict(judged(), database=TEST)], ANY, FAILED, "not scanned: the vuln"),
    ([verdict(UNFIXED)], ANY, GOOD, "passed"),
    ([verdict(UNFIXED)], STRICT, FAILED, BY_POLICY),
    ([verdict(IGNORED)], ignoring(0), GOOD, "passed"),
    ([verdict(IGNORED)], ignoring(-1), FAILED, BY_POLICY),
    ([verdict(HARMLESS)], ANY, GOOD, "passed"),
    ([verdict(IGNORED)], ANY, FAILED, "fails by today's policy"),
]


@pytest.mark.parametrize(("verdicts", "policy", "status", "detail"), SCANS)
def test_a_scan_is_judged_by_its_age_its_verdict_and_the_policy_of_today(
    verdicts: list[Verdict], policy: Policy, status: CheckStatus, detail: str
) -> None:
    check = checks(asked(), held({SCAN: scan(*verdicts)}), policy)["scan"]
    assert check.status is status
    assert detail in check.detail


def test_all_that_is_wrong_with_a_scan_is_told() -> None:
    there = held({SCAN: scan(verdict(IGNORED, scanned=NOW - timedelta(days=40), database=TEST))})
    told = checks(asked(), there)["scan"].detail
    assert [part in told for part in ("older than 30 days", "not scanned: ", "fails by today")] == [True] * 3
