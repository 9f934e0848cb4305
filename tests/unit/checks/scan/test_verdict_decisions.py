"""What the policy says of one detection: every rule of it, on the day of the scan and on another."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from ci.checks.scan.detections import Detection
from ci.checks.scan.verdict import Decision, Judged, State, fails
from ci.config.policy import SHARED, Policy, parse

from ...policies import OWN
from ...verdicts import DENIED, SECRET, WRONG, judged, vulnerability
from .test_verdict import (
    FAILS,
    FLAW,
    HARMLESS,
    IGNORED,
    MILD,
    TODAY,
    TOLERATED,
    UNFIXED,
    VEX,
    ignore,
    judgement,
    policy,
)

LAST_DAY, OVER = policy(ignores=(ignore(days=0),)), policy(ignores=(ignore(days=-1),))
BY_IGNORE, BY_IGNORE_UNTIL = policy(ignores=(ignore(),)), TODAY + timedelta(days=30)
AGPL, ALL = policy(denied_licenses=("AGPL-*",)), policy(denied_licenses=("*",), ignores=(ignore(DENIED),))
AGPL_IN_IMAGE = policy(denied_licenses=("AGPL-*",), scope="image")
MINOR = WRONG.model_copy(update={"severity": "low"})

# The detection, whether the base has it too, the policy, the decision, and why.
ROWS: list[tuple[Detection, bool, Policy, Decision, str]] = [
    (FLAW, False, policy(), FAILS, ""),
    (vulnerability(severity="critical"), False, policy(), FAILS, ""),
    (MILD, False, policy(), TOLERATED, "medium"),
    (vulnerability(severity="unknown"), False, policy(), TOLERATED, "unknown"),
    (MILD, False, policy(severities=("medium",)), FAILS, ""),
    (FLAW, False, policy(severities=("medium",)), TOLERATED, "high"),
    (FLAW, False, policy(severities=()), TOLERATED, "high"),
    (UNFIXED, False, policy(), TOLERATED, "no fix yet"),
    (UNFIXED, False, policy(fixable_only=False), FAILS, ""),
    (FLAW, True, policy(), TOLERATED, "in the base"),
    (FLAW, True, policy(scope="image"), FAILS, ""),
    (WRONG, False, policy(), FAILS, ""),
    (WRONG, True, policy(), TOLERATED, "in the base"),
    (MINOR, False, policy(), TOLERATED, "low"),
    (SECRET, False, policy(), FAILS, ""),
    (SECRET, True, policy(), TOLERATED, "in the base"),
    (SECRET, True, policy(scope="image"), FAILS, ""),
    (DENIED, False, policy(), TOLERATED, "not denied"),
    (DENIED, False, policy(denied_licenses=("AGPL-3.0",)), FAILS, ""),
    (DENIED, False, policy(denied_licenses=("MIT", "agpl-*")), FAILS, ""),
    (DENIED, False, policy(denied_licenses=("GPL-*",)), TOLERATED, "not denied"),
    (DENIED, True, AGPL, TOLERATED, "in the base"),
    (DENIED, True, AGPL_IN_IMAGE, FAILS, ""),
    (DENIED, False, ALL, IGNORED, "never called"),
    (FLAW, False, BY_IGNORE, IGNORED, f"never called (data@a.example, until {BY_IGNORE_UNTIL})"),
    (FLAW, False, LAST_DAY, IGNORED, "never called"),
    (HARMLESS, False, policy(), IGNORED, VEX),
    (vulnerability(fixed="", vex=VEX), False, policy(), TOLERATED, "no fix yet"),
    (HARMLESS, False, BY_IGNORE, IGNORED, VEX),
    (HARMLESS, False, OVER, IGNORED, VEX),
    (FLAW, False, OVER, FAILS, ""),
    (FLAW, False, policy(ignores=(ignore(id="CVE-2"),)), FAILS, ""),
    (FLAW, False, policy(ignores=(ignore(package="lxml"),)), FAILS, ""),
    (MILD, False, policy(ignores=(ignore(MILD),)), TOLERATED, "medium"),
    (FLAW, False, policy(ignores=(ignore(days=-1), ignore())), IGNORED, "never"),
    (SECRET, False, policy(ignores=(ignore(SECRET),)), IGNORED, "never called"),
    (SECRET, False, policy(ignores=(ignore(SECRET, package="/opt/dags/other.py"),)), FAILS, ""),
    *(
        (SECRET.model_copy(update={"severity": severity}), False, policy(severities=severities), FAILS, "")
        for severity in ("critical", "high", "medium", "low", "unknown")
        for severities in ((), ("critical",))
    ),
]


@pytest.mark.parametrize(("found", "in_base", "rules", "decision", "why"), ROWS)
def test_the_policy_decides(
    found: Detection,
    in_base: bool,  # noqa: FBT001 - a column
    rules: Policy,
    decision: Decision,
    why: str,
) -> None:
    (one,) = judgement([found], [found] if in_base else [], rules).found
    assert (one.detection, one.decision, one.added) == (found, decision, not in_base)
    assert one.why.startswith(why)
    assert bool(one.why) is bool(why)
    assert fails(one, rules, TODAY) is (decision is FAILS)


def test_a_denied_license_names_the_policy_that_denies_it() -> None:
    house, own = '[scan]\ndenied-licenses = ["AGPL-*"]\n', '[scan]\ndenied-licenses = ["*"]\n'
    for rules, file in (
        (parse(house, None, name="salesforce"), SHARED),
        (parse(None, own, name="salesforce"), OWN),
        (parse(house, own, name="salesforce"), OWN),
    ):
        denied, flaw = judgement([DENIED, FLAW], rules=rules).found
        assert {(each.detection.kind, each.file) for each in (denied, flaw)} == {
            (DENIED.kind, file),
            (FLAW.kind, ""),
        }
    (tolerated,) = judgement([DENIED], [DENIED], parse(house)).found
    assert tolerated.file == ""


@pytest.mark.parametrize(
    ("one", "rules", "today", "expected"),
    [
        (judged(decision=TOLERATED), policy(), TODAY, True),
        (judged(decision=IGNORED), policy(), TODAY, True),
        (judged(added=False), policy(), TODAY, False),
        (judged(added=False), policy(scope="image"), TODAY, True),
        (judged(), policy(ignores=(ignore(),)), TODAY, False),
        (judged(), policy(ignores=(ignore(),)), TODAY + timedelta(days=30), False),
        (judged(), policy(ignores=(ignore(),)), TODAY + timedelta(days=31), True),
        (judged(MILD), policy(severities=("medium",)), TODAY, True),
    ],
)
def test_what_was_judged_once_is_judged_again_by_the_policy_of_a_day(
    one: Judged,
    rules: Policy,
    today: date,
    expected: bool,  # noqa: FBT001 - a column
) -> None:
    assert fails(one, rules, today) is expected


def test_what_expires_does_so_at_the_end_of_its_day_in_utc() -> None:
    evening = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)
    times = (evening, evening.astimezone(timezone(timedelta(hours=9))), evening + timedelta(minutes=1))
    states = [judgement([FLAW], rules=LAST_DAY, now=now).state for now in times]
    assert states == [State.PASSED, State.PASSED, State.FAILED]


def test_ignores_that_matched_nothing_are_told() -> None:
    rules = policy(ignores=(ignore(), ignore(id="CVE-9"), ignore(MILD, package="lxml")))
    assert judgement([FLAW, MILD], rules=rules).unused == (("CVE-9", "zeep"), ("CVE-4", "lxml"))
    # One that matched is used, even where nothing would have failed.
    assert judgement([MILD], rules=policy(ignores=(ignore(MILD),))).unused == ()
