"""Reports as text, Markdown, JUnit XML and JSON."""

import json
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.checks.report import CheckResult, Fact, Finding, Level, Report, merge
from ci.checks.report_formats import FORMATS, NOTHING_TESTED, render, text, verdict
from ci.errors import ConfigurationError

FACT = Fact(check="dags", detail="2 files")
ERROR = Finding(check="dags", file="dags/a.py", line=3, cause="SyntaxError: x\nnear y", remedy="correct it")
WARNING = Finding(
    check="imports", file="", line=0, cause="<b> is unused", remedy="drop it", level=Level.WARNING
)
GOOD = merge("api", [CheckResult(facts=(FACT,))])
BAD = merge("dbt", [CheckResult(facts=(FACT,), findings=(ERROR, WARNING))])


def test_text_has_every_finding_after_the_facts() -> None:
    assert render("text", [GOOD, BAD]).splitlines() == [
        "api: passed",
        "  dags: 2 files",
        "dbt: failed, 1 error, 1 warning",
        "  dags: 2 files",
        "  dags: dags/a.py:3: SyntaxError: x",
        "      near y",
        "      fix: correct it",
        "  warning: imports: <b> is unused",
        "      fix: drop it",
    ]


def test_markdown_has_a_table_of_findings_and_no_other_markup() -> None:
    assert render("markdown", [BAD]).splitlines() == [
        "## dbt: failed, 1 error, 1 warning",
        "",
        "| level | check | location | cause | fix |",
        "| --- | --- | --- | --- | --- |",
        "| error | dags | `dags/a.py:3` | SyntaxError: x<br>near y | correct it |",
        "| warning | imports | - | &#60;b&#62; is unused | drop it |",
        "",
        "- dags: 2 files",
    ]


def test_junit_has_a_case_per_fact_and_finding() -> None:
    (suite,) = fromstring(render("junit", [BAD]).partition("\n")[2])  # noqa: S314 - our own
    assert suite.attrib == {"name": "dbt", "tests": "3", "failures": "1", "errors": "0"}
    assert [case.attrib for case in suite] == [
        {"classname": "dbt.dags", "name": "dags"},
        {"classname": "dbt.dags", "name": "dags dags/a.py:3", "file": "dags/a.py", "line": "3"},
        {"classname": "dbt.imports", "name": "imports"},
    ]
    assert [(case[0].tag, case[0].get("message"), case[0].text) for case in suite] == [
        ("system-out", None, "2 files"),
        ("failure", "SyntaxError: x", "SyntaxError: x\nnear y\nfix: correct it"),
        ("system-out", None, "warning: <b> is unused\nfix: drop it"),
    ]


def test_json_has_all_data() -> None:
    first, second = json.loads(render("json", [GOOD, BAD]))["reports"]
    facts = {"facts": [{"check": "dags", "told": "2 files"}], "findings": []}
    assert first == {"subject": "api", "passed": True, "errors": 0, "warnings": 0, **facts}
    assert second["findings"][0] == {**ERROR.model_dump(), "level": "error"}


def test_a_verdict_counts_the_findings() -> None:
    cases = {
        (): "passed",
        (WARNING,): "passed, 1 warning",
        (ERROR, ERROR.model_copy(update={"cause": "x"})): "failed, 2 errors",
    }
    assert {findings: verdict(merge("a", [CheckResult(findings=findings)])) for findings in cases} == cases
    assert all(render(form, []) for form in FORMATS)
    assert text([]) == NOTHING_TESTED
    with pytest.raises(ConfigurationError, match=r"unknown format 'junti': did you mean 'junit'\?"):
        render("junti", [])


FINDINGS = st.builds(
    Finding, check=st.just("c"), file=st.text(), line=st.integers(0, 9), cause=st.text(), remedy=st.text()
)


@given(st.lists(st.builds(Report, subject=st.text(), findings=st.lists(FINDINGS).map(tuple))))
def test_no_finding_breaks_a_format(reports: list[Report]) -> None:
    assert {char for char in render("text", reports) if not char.isprintable()} <= {"\n"}
    assert len(fromstring(render("junit", reports).partition("\n")[2])) == len(reports)  # noqa: S314
    assert len(json.loads(render("json", reports))["reports"]) == len(reports)
    assert not set("<>") & set(render("markdown", reports).replace("<br>", ""))
