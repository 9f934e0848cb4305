"""What a call on tests and scans gives: a text in a format, or an error with the findings."""

import json

import pytest

from ci.api import scan, tests
from ci.checks.report import Finding, Report
from ci.checks.scan.formats import ScanResult
from ci.errors import CheckError

from ..verdicts import judged, verdict

BROKEN = Report(
    subject="dbt",
    findings=(Finding(check="dags", file="dags/dbt/a.py", line=3, cause="no", remedy="fix it"),),
)
REPORTS = [Report(subject="api"), BROKEN]
SCAN = ScanResult(verdicts=(verdict(), verdict(judged())), locks={}, notes=())


def test_a_failed_test_fails_the_call_with_every_report() -> None:
    with pytest.raises(CheckError, match=r"(?s)api: passed.*dbt: failed.*dags/dbt/a.py"):
        tests.result(REPORTS, "junit")
    assert tests.result(REPORTS[:1]) == "api: passed\n"


def test_a_rejected_image_fails_the_call_with_the_table() -> None:
    with pytest.raises(CheckError) as raised:
        scan.result(SCAN, "sarif")
    assert raised.value.problems == (scan.result(SCAN, report_failures=True),)


def test_with_report_failures_the_call_gives_the_format() -> None:
    shown = json.loads(tests.result(REPORTS, "json", report_failures=True))
    assert [one["passed"] for one in shown["reports"]] == [True, False]
    results = json.loads(scan.result(SCAN, "results", report_failures=True))
    assert [bool(one["problem"]) for one in results["images"]] == [False, True]
