"""The judgement of a scan: every rule of the policy, the three verdicts, and what may never pass."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.checks.scan.detections import Detection, Kind, ordered
from ci.checks.scan.verdict import (
    Database,
    Decision,
    ImageScan,
    State,
    Verdict,
    fails,
    judge,
    not_scanned,
)
from ci.config.policy import Ignore, Policy

from ...verdicts import (
    BASE,
    DATABASE,
    DENIED,
    DETECTIONS,
    IMAGE,
    NOW,
    SECRET,
    WRONG,
    judged,
    verdict,
    vulnerability,
)

TODAY = NOW.date()
FAILS, TOLERATED, IGNORED = Decision.FAILS, Decision.TOLERATED, Decision.IGNORED
FLAW = vulnerability()
UNFIXED = vulnerability(fixed="")
VEX = "not_affected (inline_mitigations_already_exist), says zeep.openvex.json"
HARMLESS = vulnerability(vex=VEX)
MILD = vulnerability("CVE-4", severity="medium")


def ignore(found: Detection = FLAW, *, days: int = 30, **changes: str) -> Ignore:
    said = {"id": found.id, "package": found.subject, "reason": "never called", "owner": "data@a.example"}
    expires = TODAY + timedelta(days=days)
    known: dict[str, Any] = {**said, **changes, "expires": expires, "file": "images/policy.toml"}
    return Ignore.model_construct(**known)  # what is found may have a blank id


def policy(**changes: object) -> Policy:
    return Policy().model_copy(update=changes)


def judgement(
    image: Sequence[Detection],
    base: Sequence[Detection] = (),
    rules: Policy | None = None,
    database: Database | tuple[str, ...] = DATABASE,
    now: datetime = NOW,
) -> Verdict:
    scan = ImageScan(dag="salesforce", image=IMAGE, base=BASE, detections=image, base_detections=base)
    return judge(scan, rules or policy(), database, now)


OLD = DATABASE.model_copy(update={"updated": NOW - timedelta(days=7, seconds=1)})


def test_there_are_three_verdicts() -> None:
    over = policy(ignores=(ignore(days=-1),))
    for found, rules, database, state in (
        ([], policy(), DATABASE, State.PASSED),
        ([MILD, UNFIXED, DENIED], policy(), DATABASE, State.PASSED),
        ([FLAW], policy(ignores=(ignore(),)), DATABASE, State.PASSED),
        ([MILD, FLAW], policy(), DATABASE, State.FAILED),
        ([], over, DATABASE, State.FAILED),
        ([], policy(), OLD, State.NOT_SCANNED),
        ([FLAW], policy(), OLD, State.NOT_SCANNED),
        ([], over, OLD, State.NOT_SCANNED),
        ([], policy(max_age_days=8), OLD, State.PASSED),
    ):
        assert judgement(found, rules=rules, database=database).state is state


def test_a_database_is_too_old_beyond_the_age_that_the_policy_accepts() -> None:
    for age, most, reason in (
        *((timedelta(days=days), 7, "") for days in (-0.9, 0, 7)),
        (timedelta(days=-2), 7, "is dated in the future"),
        (timedelta(days=7, seconds=1), 7, "is 7 days old (2026-11-14), max-age-days allows 7: "),
        (timedelta(days=400), 7, "is 400 days old (2025-10-17), max-age-days allows 7: "),
        (timedelta(hours=6, minutes=15), 0.25, "allows 0.25"),
        (timedelta(hours=6, minutes=15), 0.3, ""),
    ):
        reasons = DATABASE.model_copy(update={"updated": NOW - age}).unusable(NOW, most)
        assert len(reasons) == bool(reason)
        assert reason in "".join(reasons)


def test_an_expired_ignore_fails_whatever_else_is_known() -> None:
    rules = policy(ignores=(ignore(days=-3),))
    for database, reasons in ((DATABASE, ()), (OLD, OLD.unusable(NOW, 7)), (("no mirror",), ("no mirror",))):
        found = judgement([], rules=rules, database=database)
        (expired,) = found.expired
        assert (found.fails, found.reasons, found.unreliable) == (
            True,
            (*reasons, expired),
            "; ".join(reasons),
        )
        start = "images/policy.toml: the ignore of CVE-1 in zeep expired 3 days ago (2026-11-18)"
        assert expired.startswith(start)


TEST, TEST_DATA = (
    DATABASE.model_copy(update={"test": True}),
    "the vulnerability database contains only test data",
)
BLIND, NO_REASON = {"state": State.NOT_SCANNED}, "no reason recorded"


@pytest.mark.parametrize(
    ("found", "fails", "unreliable"),
    [
        (verdict(), False, ""),
        (verdict(judged(decision=TOLERATED)), False, ""),
        (verdict(judged()), True, ""),
        (verdict(state=State.FAILED), True, ""),
        (verdict(**BLIND), False, NO_REASON),
        (verdict(judged(), **BLIND), True, NO_REASON),
        (verdict(**BLIND, expired=("it expired",)), True, NO_REASON),
        (verdict(**BLIND, database=TEST, reasons=("it is old",)), False, "it is old"),
        (verdict(database=TEST), False, TEST_DATA),
        (verdict(judged(), database=TEST), True, TEST_DATA),
        (not_scanned("api", IMAGE, BASE, NOW), False, NO_REASON),
        (not_scanned("api", IMAGE, BASE, NOW, "no database", "no network"), False, "no database; no network"),
    ],
)
def test_what_is_known_fails_by_itself_and_what_is_not_is_told(
    found: Verdict,
    fails: bool,  # noqa: FBT001 - a column
    unreliable: str,
) -> None:
    assert (found.fails, found.unreliable) == (fails, unreliable)


def test_a_verdict_of_an_older_version_is_read() -> None:
    found = judgement([FLAW, DENIED])
    older: Any = {"expired": True, "platform": True, "found": {"__all__": {"file"}}}
    assert Verdict.model_validate(found.model_dump(mode="json", exclude=older)) == found


def test_counts_leave_licenses_out_and_what_the_base_alone_has_is_not_judged() -> None:
    base = [vulnerability("CVE-2"), DENIED, vulnerability("CVE-2")]
    found = judgement([*base, FLAW, SECRET], base)
    assert (found.count(), found.count(added=True), found.count(added=False), found.in_base) == (3, 2, 1, 1)
    other = judgement([FLAW], [WRONG, SECRET])
    assert ([one.detection for one in other.found], other.in_base) == ([FLAW], 2)
    assert (other.dag, other.image, other.base, other.scanned) == ("salesforce", IMAGE, BASE, NOW)
    assert (other.database, other.reasons, other.unused) == (DATABASE, (), ())


def test_what_fails_is_shown_and_what_was_added_and_denied() -> None:
    shown = [judged(), judged(added=False), judged(decision=IGNORED, added=False), judged(decision=TOLERATED)]
    shown += [judged(DENIED), judged(DENIED, IGNORED)]
    hidden = [judged(decision=TOLERATED, added=False), judged(DENIED, TOLERATED)]
    assert verdict(*shown, *hidden).shown == tuple(shown)
    failing = tuple(one for one in shown if one.decision is FAILS)
    assert verdict(*shown, *hidden).failing == failing


POLICIES = st.builds(
    Policy,
    severities=st.sets(st.sampled_from(["critical", "high", "medium", "low", "unknown"])).map(tuple),
    fixable_only=st.booleans(),
    scope=st.sampled_from(["added", "image"]),
    denied_licenses=st.sampled_from([(), ("*",)]),
)
FOUND = st.lists(DETECTIONS | st.sampled_from([FLAW, UNFIXED, MILD, SECRET, WRONG, DENIED]), max_size=4)
AGES = st.integers(0, 14).map(
    lambda days: DATABASE.model_copy(update={"updated": NOW - timedelta(days=days)})
)


@given(image=FOUND, base=FOUND, rules=POLICIES, database=AGES)
def test_what_has_a_failing_detection_never_passed(
    image: list[Detection], base: list[Detection], rules: Policy, database: Database
) -> None:
    found = judgement(image, base, rules, database)
    assert [one.detection for one in found.found] == list(ordered(image))
    assert not (found.failing and found.state is State.PASSED)
    assert found.state is not State.FAILED or found.failing
    assert all(fails(each, rules, TODAY) is (each.decision is FAILS) for each in found.found)


@given(image=FOUND, base=FOUND, rules=POLICIES, data=st.data())
def test_more_ignores_never_add_what_fails(
    image: list[Detection], base: list[Detection], rules: Policy, data: st.DataObject
) -> None:
    some = st.lists(st.builds(ignore, st.sampled_from([*image, FLAW]), days=st.integers(-2, 2)), max_size=3)
    fewer, others = data.draw(some), data.draw(some)

    def failing(ignores: list[Ignore]) -> set[tuple[str, ...]]:
        verdict = judgement(image, base, rules.model_copy(update={"ignores": tuple(ignores)}))
        return {one.detection.key for one in verdict.failing}

    assert failing([*fewer, *others]) <= failing(fewer)


@given(image=FOUND, rules=POLICIES)
def test_a_secret_or_a_misconfiguration_needs_no_fix_to_fail(image: list[Detection], rules: Policy) -> None:
    unfixed = [each.model_copy(update={"fixed": ""}) for each in image]
    strict = judgement(unfixed, rules=rules.model_copy(update={"fixable_only": True})).failing
    loose = judgement(unfixed, rules=rules.model_copy(update={"fixable_only": False})).failing
    assert [each for each in loose if each.detection.kind is not Kind.VULNERABILITY] == list(strict)
