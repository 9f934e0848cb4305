"""Results of checks as data."""

import pytest
from pydantic import ValidationError

from ci.checks.report import CheckResult, Finding, Level, Report, merge


def finding(
    file: str = "dags/a.py", line: int = 3, level: Level = Level.ERROR, cause: str = "SyntaxError: x"
) -> Finding:
    return Finding(check="dags", file=file, line=line, cause=cause, remedy="fix it", level=level)


def test_a_location_has_what_is_known() -> None:
    cases = {
        ("dags/a.py", 3): "dags/a.py:3",
        ("dags/a.py", 0): "dags/a.py",
        ("", 3): "",
    }
    assert {(file, line): finding(file, line).location for file, line in cases} == cases


def test_findings_have_an_order_of_their_own_and_no_duplicates_and_errors_fail() -> None:
    warning, a, b = (
        finding(level=Level.WARNING),
        finding("dags/a.py", 7, cause="a"),
        finding("dags/b.py", cause="b"),
    )
    findings = (b, warning, a, finding())
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


def test_one_cause_in_several_places_is_told_once_with_the_places() -> None:
    places = [finding("dags/b.py"), finding("dags/a.py", 7), finding(), finding(cause="other")]
    report = merge("api", [CheckResult(findings=(one,)) for one in places])
    causes = [(one.location, one.cause) for one in report.findings]
    first = ("dags/a.py:3", "SyntaxError: x (also in dags/a.py:7, dags/b.py:3)")
    assert causes == [first, ("dags/a.py:3", "other")]
    many = merge("api", [CheckResult(findings=tuple(finding(line=line) for line in range(1, 25)))])
    assert [one.cause.endswith("dags/a.py:21 and 3 more)") for one in many.findings] == [True]


def test_a_file_that_a_problem_begins_with_is_named_once() -> None:
    result = CheckResult.of_problems(
        "lock", "images/a/pyproject.toml", ["images/a/pyproject.toml: x", "y"], "z"
    )
    assert [one.cause for one in result.findings] == ["x", "y"]


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
