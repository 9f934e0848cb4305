"""What a test found, as data and as text."""

import pytest
from pydantic import ValidationError

from ci.report import Finding, Report


def finding(file: str = "dags/a.py", line: int = 3) -> Finding:
    return Finding(check="dags", file=file, line=line, cause="SyntaxError: x", remedy="correct the line")


@pytest.mark.parametrize(
    ("file", "line", "place"),
    [("dags/a.py", 3, "dags/a.py:3: "), ("dags/a.py", 0, "dags/a.py: "), ("", 0, ""), ("", 3, "")],
)
def test_a_finding_tells_its_place_as_far_as_it_is_known(file: str, line: int, place: str) -> None:
    assert finding(file, line).text() == f"dags: {place}SyntaxError: x\n    to do: correct the line"


def test_a_report_without_findings_passed() -> None:
    report = Report(facts=("dags: 1 file", "two\nlines"), findings=())
    assert report.text("api") == "api: passed\n  dags: 1 file\n  two\n  lines"


def test_a_report_tells_every_finding_below_the_facts() -> None:
    report = Report(facts=("fact",), findings=(finding(), finding("dags/b.py", 0)))
    assert report.text("api").splitlines() == [
        "api: failed, 2 findings",
        "  fact",
        "  dags: dags/a.py:3: SyntaxError: x",
        "      to do: correct the line",
        "  dags: dags/b.py: SyntaxError: x",
        "      to do: correct the line",
    ]


def test_one_finding_is_told_in_the_singular() -> None:
    assert Report(facts=(), findings=(finding(),)).text("api").startswith("api: failed, 1 finding\n")


def test_a_report_is_read_from_json() -> None:
    text = (
        '{"facts": ["f"], "findings": [{"check": "c", "file": "", "line": 0, "cause": "x", "remedy": "y"}]}'
    )
    report = Report.model_validate_json(text)
    assert report.facts == ("f",)
    assert report.findings[0].text() == "c: x\n    to do: y"


@pytest.mark.parametrize(
    "text", ['{"facts": []}', '{"facts": [], "findings": [], "more": 1}', '{"facts": [], "findings": [{}]}']
)
def test_a_report_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Report.model_validate_json(text)
