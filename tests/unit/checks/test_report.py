"""What tests found, as data."""

import pytest
from pydantic import ValidationError

from ci.checks.report import Fact, Finding, Level, Outcome, Report, joined


def finding(file: str = "dags/a.py", line: int = 3, level: Level = Level.ERROR) -> Finding:
    return Finding(check="dags", file=file, line=line, cause="SyntaxError: x", remedy="mend it", level=level)


@pytest.mark.parametrize(
    ("file", "line", "place"), [("dags/a.py", 3, "dags/a.py:3"), ("dags/a.py", 0, "dags/a.py"), ("", 3, "")]
)
def test_a_finding_tells_its_place_as_far_as_it_is_known(file: str, line: int, place: str) -> None:
    assert finding(file, line).place == place


def test_a_warning_is_told_and_fails_nothing() -> None:
    report = joined("api", [Outcome(findings=(finding(level=Level.WARNING),))])
    assert (report.passed, report.errors, report.warnings) == (True, 0, 1)


def test_an_error_fails_a_report_whatever_else_is_fine() -> None:
    fine = Outcome(facts=(Fact(check="dags", told="1 file"),))
    report = joined("api", [fine, Outcome(findings=(finding(), finding(level=Level.WARNING)))])
    assert (report.passed, report.errors, report.warnings) == (False, 1, 1)


def test_outcomes_are_joined_in_an_order_of_their_own() -> None:
    found = (finding("dags/b.py"), finding(level=Level.WARNING), finding("dags/a.py", 7), finding())
    report = joined("api", [Outcome(findings=(each,)) for each in (*found, found[0])])
    assert report == joined("api", [Outcome(findings=tuple(reversed(found)))])
    assert [(each.place, each.level) for each in report.findings] == [
        ("dags/a.py:3", "error"),
        ("dags/a.py:7", "error"),
        ("dags/b.py:3", "error"),
        ("dags/a.py:3", "warning"),
    ]


def test_an_outcome_is_read_from_json() -> None:
    text = (
        '{"facts": [{"check": "c", "told": "f"}],'
        '"findings": [{"check": "c", "file": "", "line": 0, "cause": "x", "remedy": "y"}]}'
    )
    found = Outcome.model_validate_json(text)
    assert found.facts[0].told == "f"
    assert found.findings[0].level is Level.ERROR


@pytest.mark.parametrize("text", ['{"facts": ["a"]}', '{"facts": [], "more": 1}', '{"findings": [{}]}'])
def test_an_outcome_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Outcome.model_validate_json(text)


def test_a_report_needs_a_subject() -> None:
    with pytest.raises(ValidationError):
        Report.model_validate_json("{}")
