"""What the policy says of one detection: every rule of it, on the day of the scan and on another."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from ci.checks.scan.detections import Detection
from ci.checks.scan.verdict import Decision, Judged, State, fails
from ci.config.policy import HOUSE, Policy, parse

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

# What it shows, what was found, whether the base has it too, the policy, the decision, and why.
Row = tuple[str, Detection, bool, Policy, Decision, str]

ROWS: list[Row] = [
    ("high-with-fix", FLAW, False, policy(), FAILS, ""),
    ("critical", vulnerability(severity="critical"), False, policy(), FAILS, ""),
    ("medium", MILD, False, policy(), TOLERATED, "medium"),
    ("unknown", vulnerability(severity="unknown"), False, policy(), TOLERATED, "unknown"),
    ("medium-is-asked-for", MILD, False, policy(severities=("medium",)), FAILS, ""),
    ("only-medium-is-asked-for", FLAW, False, policy(severities=("medium",)), TOLERATED, "high"),
    ("no-severities", FLAW, False, policy(severities=()), TOLERATED, "high"),
    ("no-fix", UNFIXED, False, policy(), TOLERATED, "no fix yet"),
    ("no-fix-matters-not", UNFIXED, False, policy(fixable_only=False), FAILS, ""),
    ("in-base", FLAW, True, policy(), TOLERATED, "in the base"),
    ("in-base-too", FLAW, True, policy(scope="image"), FAILS, ""),
    ("misconfiguration", WRONG, False, policy(), FAILS, ""),
    ("misconfiguration-in-base", WRONG, True, policy(), TOLERATED, "in the base"),
    (
        "misconfiguration-low",
        WRONG.model_copy(update={"severity": "low"}),
        False,
        policy(),
        TOLERATED,
        "low",
    ),
    ("secret", SECRET, False, policy(), FAILS, ""),
    ("secret-in-base", SECRET, True, policy(), TOLERATED, "in the base"),
    ("secret-in-base-too", SECRET, True, policy(scope="image"), FAILS, ""),
    ("license", DENIED, False, policy(), TOLERATED, "not denied"),
    ("license-denied", DENIED, False, policy(denied_licenses=("AGPL-3.0",)), FAILS, ""),
    ("license-by-pattern", DENIED, False, policy(denied_licenses=("MIT", "agpl-*")), FAILS, ""),
    ("license-other", DENIED, False, policy(denied_licenses=("GPL-*",)), TOLERATED, "not denied"),
    ("license-in-base", DENIED, True, policy(denied_licenses=("AGPL-*",)), TOLERATED, "in the base"),
    ("license-in-base-too", DENIED, True, policy(denied_licenses=("AGPL-*",), scope="image"), FAILS, ""),
    (
        "license-ignored",
        DENIED,
        False,
        policy(denied_licenses=("*",), ignores=(ignore(DENIED),)),
        IGNORED,
        "never called",
    ),
    (
        "ignored",
        FLAW,
        False,
        policy(ignores=(ignore(),)),
        IGNORED,
        f"never called (data@a.example, until {TODAY + timedelta(days=30)})",
    ),
    ("ignored-on-its-last-day", FLAW, False, policy(ignores=(ignore(days=0),)), IGNORED, "never called"),
    ("harmless-by-vex", HARMLESS, False, policy(), IGNORED, VEX),
    ("harmless-and-no-fix", vulnerability(fixed="", vex=VEX), False, policy(), TOLERATED, "no fix yet"),
    ("harmless-and-ignored", HARMLESS, False, policy(ignores=(ignore(),)), IGNORED, VEX),
    ("harmless-and-expired", HARMLESS, False, policy(ignores=(ignore(days=-1),)), IGNORED, VEX),
    ("ignore-expired", FLAW, False, policy(ignores=(ignore(days=-1),)), FAILS, ""),
    ("ignore-of-another-id", FLAW, False, policy(ignores=(ignore(id="CVE-2"),)), FAILS, ""),
    ("ignore-of-another-package", FLAW, False, policy(ignores=(ignore(package="lxml"),)), FAILS, ""),
    ("ignore-is-not-needed", MILD, False, policy(ignores=(ignore(MILD),)), TOLERATED, "medium"),
    ("expired-and-renewed", FLAW, False, policy(ignores=(ignore(days=-1), ignore())), IGNORED, "never"),
    ("secret-ignored-by-file", SECRET, False, policy(ignores=(ignore(SECRET),)), IGNORED, "never called"),
    (
        "secret-elsewhere",
        SECRET,
        False,
        policy(ignores=(ignore(SECRET, package="/opt/dags/other.py"),)),
        FAILS,
        "",
    ),
]


@pytest.mark.parametrize(
    ("found", "in_base", "rules", "decision", "why"),
    [row[1:] for row in ROWS],
    ids=[row[0] for row in ROWS],
)
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
        (parse(house, None, name="salesforce"), HOUSE),
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


@pytest.mark.parametrize("severity", ["critical", "high", "medium", "low", "unknown"])
@pytest.mark.parametrize("severities", [(), ("critical",)])
def test_a_secret_fails_whatever_its_severity(severity: str, severities: tuple[str, ...]) -> None:
    found = SECRET.model_copy(update={"severity": severity})
    assert judgement([found], rules=policy(severities=severities)).state is State.FAILED


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
    rules = policy(ignores=(ignore(days=0),))
    evening = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)
    elsewhere = evening.astimezone(timezone(timedelta(hours=9)))
    assert [judgement([FLAW], rules=rules, now=now).state for now in (evening, elsewhere)] == [
        State.PASSED
    ] * 2
    assert judgement([FLAW], rules=rules, now=evening + timedelta(minutes=1)).state is State.FAILED


def test_ignores_that_matched_nothing_are_told() -> None:
    rules = policy(ignores=(ignore(), ignore(id="CVE-9"), ignore(MILD, package="lxml")))
    assert judgement([FLAW, MILD], rules=rules).unused == (("CVE-9", "zeep"), ("CVE-4", "lxml"))


def test_an_ignore_that_matched_is_used_even_where_nothing_would_have_failed() -> None:
    assert judgement([MILD], rules=policy(ignores=(ignore(MILD),))).unused == ()
