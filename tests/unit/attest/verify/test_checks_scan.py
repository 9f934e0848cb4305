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


# What it shows, the scan's verdicts, the policy of today, its outcome, and its evidence.
SCANS: list[tuple[str, list[Verdict], Policy, CheckStatus, str]] = [
    ("on-the-last-day", [aged(days=30)], Policy(), GOOD, "30 days ago"),
    ("too-old", [aged(days=30, seconds=1)], Policy(), FAILED, "older than 30 days"),
    ("old-and-new", [aged(days=99), aged(days=1), aged(days=50)], Policy(), GOOD, "1 days ago"),
    ("the-newest-counts", [aged(days=1), verdict(judged())], Policy(), FAILED, "the image failed"),
    ("a-clock-that-is-fast", [aged(minutes=-10)], Policy(), GOOD, ""),
    ("of-the-future", [aged(minutes=-11)], Policy(), FAILED, "dated in the future"),
    ("failed", [verdict(judged())], Policy(), FAILED, "the image failed: see its detections"),
    ("failed-once-ignored-today", [verdict(judged())], ignoring(1), FAILED, "the image failed"),
    (
        "failed-with-reasons",
        [verdict(state=State.FAILED, reasons=("an ignore expired",))],
        Policy(),
        FAILED,
        "the image failed: an ignore expired",
    ),
    (
        "not-scanned",
        [not_scanned("api", IMAGE, BASE, NOW, "no network")],
        Policy(),
        FAILED,
        "not scanned: no network",
    ),
    (
        "test-data",
        [verdict(database=TEST)],
        Policy(),
        FAILED,
        "not scanned: the vulnerability database contains",
    ),
    ("failed-on-test-data", [verdict(judged(), database=TEST)], Policy(), FAILED, "not scanned: the vuln"),
    ("tolerated-still", [verdict(UNFIXED)], Policy(), GOOD, "passed"),
    ("fails-today", [verdict(UNFIXED)], STRICT, FAILED, "fails by today's policy: CVE-1 in zeep"),
    ("ignored-still", [verdict(IGNORED)], ignoring(0), GOOD, "passed"),
    ("ignored-no-more", [verdict(IGNORED)], ignoring(-1), FAILED, "fails by today's policy: CVE-1 in zeep"),
    ("harmless-by-vex", [verdict(HARMLESS)], Policy(), GOOD, "passed"),
    ("ignored-by-nobody", [verdict(IGNORED)], Policy(), FAILED, "fails by today's policy"),
]


@pytest.mark.parametrize(
    ("found", "policy", "outcome", "evidence"), [row[1:] for row in SCANS], ids=[row[0] for row in SCANS]
)
def test_a_scan_is_judged_by_its_age_its_verdict_and_the_policy_of_today(
    found: list[Verdict], policy: Policy, outcome: CheckStatus, evidence: str
) -> None:
    check = checks(asked(), held({SCAN: scan(*found)}), policy)["scan"]
    assert check.status is outcome
    assert evidence in check.detail


def test_all_that_is_wrong_with_a_scan_is_told() -> None:
    there = held({SCAN: scan(verdict(IGNORED, scanned=NOW - timedelta(days=40), database=TEST))})
    told = checks(asked(), there)["scan"].detail
    assert [part in told for part in ("older than 30 days", "not scanned: ", "fails by today")] == [True] * 3
