"""Results of checks as data."""

import pytest
from pydantic import ValidationError

from ci.checks.report import CheckResult, Finding, Level, Report, merge


def finding(file: str = "dags/a.py", line: int = 3, level: Level = Level.ERROR) -> Finding:
    return Finding(check="dags", file=file, line=line, cause="SyntaxError: x", remedy="fix it", level=level)


def test_a_location_has_what_is_known() -> None:
    cases = {
        ("dags/a.py", 3): "dags/a.py:3",
        ("dags/a.py", 0): "dags/a.py",
        ("", 3): "",
    }
    assert {(file, line): finding(file, line).location for file, line in cases} == cases


def test_findings_have_an_order_of_their_own_and_no_duplicates_and_errors_fail() -> None:
    warning = finding(level=Level.WARNING)
    findings = (finding("dags/b.py"), warning, finding("dags/a.py", 7), finding())
    report = merge("api", [CheckResult(findings=(one,)) for one in (*findings, findings[0])])
    assert report == merge("api", [CheckResult(findings=tuple(reversed(findings)))])
    assert [(one.location, one.level) for one in report.findings] == [
        ("dags/a.py:3", "error"),
        ("dags/a.py:7", "error"),
        ("dags/b.py:3", "error"),
        ("dags/a.py:3", "warning"),
    ]
    assert (report.passed, report.errors, report.warnings) == (False, 3, 1)
    mild = merge("api", [CheckResult(findings=(warning,))])
    assert (mild.passed, mild.errors, mild.warnings) == (True, 0, 1)


def test_a_result_is_read_from_json_and_written_with_the_same_keys() -> None:
    text = (
        '{"facts": [{"check": "c", "told": "f"}],'
        '"findings": [{"check": "c", "file": "", "line": 0, "cause": "x", "remedy": "y"}]}'
    )
    result = CheckResult.model_validate_json(text)
    assert result.facts[0].detail == "f"
    assert result.findings[0].level is Level.ERROR
    assert Report(subject="a", facts=result.facts).model_dump()["facts"] == ({"check": "c", "told": "f"},)


def test_a_result_of_another_shape_is_refused() -> None:
    for model, text in (
        (CheckResult, '{"facts": ["a"]}'),
        (CheckResult, '{"facts": [], "more": 1}'),
        (CheckResult, '{"findings": [{}]}'),
        (Report, "{}"),
    ):
        with pytest.raises(ValidationError):
            model.model_validate_json(text)
