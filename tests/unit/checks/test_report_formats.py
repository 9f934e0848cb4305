"""Reports as text, Markdown, JUnit XML and JSON."""

import json
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.checks.report import Fact, Finding, Level, Outcome, Report, joined
from ci.checks.report_formats import FILE_NAMES, FORMATS, NONE, render, text, verdict
from ci.errors import ConfigurationError

FACT = Fact(check="dags", told="2 files")
ERROR = Finding(check="dags", file="dags/a.py", line=3, cause="SyntaxError: x\nnear y", remedy="mend it")
WARNING = Finding(
    check="imports", file="", line=0, cause="<b> is unused", remedy="drop it", level=Level.WARNING
)
GOOD = joined("api", [Outcome(facts=(FACT,))])
BAD = joined("dbt", [Outcome(facts=(FACT,), findings=(ERROR, WARNING))])


def test_text_tells_every_finding_below_the_facts() -> None:
    assert render("text", [GOOD, BAD]).splitlines() == [
        "api: passed",
        "  dags: 2 files",
        "dbt: failed, 1 error, 1 warning",
        "  dags: 2 files",
        "  dags: dags/a.py:3: SyntaxError: x",
        "      near y",
        "      to do: mend it",
        "  warning: imports: <b> is unused",
        "      to do: drop it",
    ]


def test_markdown_has_a_table_of_findings_and_no_markup_of_others() -> None:
    assert render("markdown", [BAD]).splitlines() == [
        "## dbt: failed, 1 error, 1 warning",
        "",
        "| level | check | where | cause | to do |",
        "| --- | --- | --- | --- | --- |",
        "| error | dags | `dags/a.py:3` | SyntaxError: x<br>near y | mend it |",
        "| warning | imports | - | &#60;b&#62; is unused | drop it |",
        "",
        "- dags: 2 files",
    ]


def test_junit_has_a_case_per_fact_and_finding() -> None:
    (suite,) = fromstring(render("junit", [BAD]).partition("\n")[2])  # noqa: S314 - our own
    assert suite.attrib == {"name": "dbt", "tests": "3", "failures": "1", "errors": "0"}
    assert [each.attrib for each in suite] == [
        {"classname": "dbt.dags", "name": "dags"},
        {"classname": "dbt.dags", "name": "dags dags/a.py:3", "file": "dags/a.py", "line": "3"},
        {"classname": "dbt.imports", "name": "imports"},
    ]
    assert [(each[0].tag, each[0].get("message"), each[0].text) for each in suite] == [
        ("system-out", None, "2 files"),
        ("failure", "SyntaxError: x", "SyntaxError: x\nnear y\nto do: mend it"),
        ("system-out", None, "warning: <b> is unused\nto do: drop it"),
    ]


def test_json_has_all_that_is_known() -> None:
    first, second = json.loads(render("json", [GOOD, BAD]))["reports"]
    assert first == {
        "subject": "api",
        "passed": True,
        "errors": 0,
        "warnings": 0,
        "facts": [{"check": "dags", "told": "2 files"}],
        "findings": [],
    }
    assert second["findings"][0] == {**ERROR.model_dump(), "level": "error"}


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        ((), "passed"),
        ((WARNING,), "passed, 1 warning"),
        ((ERROR, ERROR.model_copy(update={"line": 4})), "failed, 2 errors"),
    ],
)
def test_a_verdict_counts_what_was_found(findings: tuple[Finding, ...], told: str) -> None:
    assert verdict(joined("a", [Outcome(findings=findings)])) == told


def test_an_unknown_format_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"--format 'junti' isn't known: did you mean 'junit'\?"):
        render("junti", [])


def test_every_format_has_a_file_name_and_takes_nothing() -> None:
    assert set(FILE_NAMES) == set(FORMATS)
    assert all(render(form, []) for form in FORMATS)
    assert text([]) == NONE


FINDINGS = st.builds(
    Finding, check=st.just("c"), file=st.text(), line=st.integers(0, 9), cause=st.text(), remedy=st.text()
)


@given(st.lists(st.builds(Report, subject=st.text(), findings=st.lists(FINDINGS).map(tuple))))
def test_whatever_is_found_no_format_breaks(reports: list[Report]) -> None:
    assert {char for char in render("text", reports) if not char.isprintable()} <= {"\n"}
    assert len(fromstring(render("junit", reports).partition("\n")[2])) == len(reports)  # noqa: S314
    assert len(json.loads(render("json", reports))["reports"]) == len(reports)
    assert not set("<>") & set(render("markdown", reports).replace("<br>", ""))
