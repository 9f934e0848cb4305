"""Commands in the log of GitHub Actions: at the right lines, and none from foreign text."""

from hypothesis import given
from hypothesis import strategies as st

from ci.checks import report_formats
from ci.checks.report import Finding, Level, Report
from ci.checks.scan import text as scan_text
from ci.pipeline.github.annotations import MAX_PER_LEVEL, annotations, without_commands
from ci.pipeline.github.outputs import JobPlan
from ci.pipeline.selection import ReasonKind
from ci.publish.publication import Publication, Row

from ...selections import reason, selection
from ...verdicts import judged, verdict

REFUSAL = "the gate failed, nothing was pushed: mend it"
MESSAGE = "no module named a%0Afix: mend it"
NO_RESULT = "::error title=dbt::its job ended without a result: see its log"


def finding(
    cause: str = "no module named a", file: str = "dags/a.py", line: int = 3, **more: Level
) -> Finding:
    return Finding(check="parse", file=file, line=line, cause=cause, remedy="mend it", **more)


WARNING = finding().model_copy(update={"level": Level.WARNING})


def report(*findings: Finding) -> Report:
    return Report(subject="api", findings=findings)


def lines(*reports: Report, problem: str = "", plan: JobPlan | None = None) -> list[str]:
    row = Row(
        dag="api", repository="", tests=reports, problem=problem, gate_failed=problem.startswith(REFUSAL)
    )
    return annotations(Publication(commit="c" * 40, rows=(row,)), plan).removesuffix("\n").split("\n")


def test_a_finding_is_shown_once_at_its_line() -> None:
    for findings, command in (
        ([finding()], f"::error file=dags/a.py,line=3,title=api%3A parse::{MESSAGE}"),
        ([finding(line=0)], f"::error file=dags/a.py,title=api%3A parse::{MESSAGE}"),
        ([finding(file="", line=0)], f"::error title=api%3A parse::{MESSAGE}"),
        ([WARNING], f"::warning file=dags/a.py,line=3,title=api%3A parse::{MESSAGE}"),
        ([finding(file="a,b:c%")], f"::error file=a%2Cb%3Ac%25,line=3,title=api%3A parse::{MESSAGE}"),
    ):
        assert lines(report(*findings), report(*findings)) == [command]  # of two platforms


def test_a_problem_is_shown_in_the_file_that_it_names() -> None:
    problems = {
        "the base can't be had": "title=api",
        "images/policy.toml: unknown table [scna]": "file=images/policy.toml,title=api",
        "dags/a/b.py:12: is no DAG": "file=dags/a/b.py,line=12,title=api",
        "images/a b: is wrong": "title=api",
    }
    expected = {problem: [f"::error {properties}::{problem}"] for problem, properties in problems.items()}
    assert {problem: lines(problem=problem) for problem in problems} == expected


def test_a_problem_is_shown_unless_findings_say_the_same() -> None:
    shown = report_formats.text([report(finding())])
    assert len(lines(report(finding()), problem=f"{REFUSAL}\n{shown}")) == 1
    assert len(lines(report(WARNING), problem="not scanned")) == 2
    assert lines(report(finding()), problem="DENIED")[1] == "::error title=api::DENIED"
    # A scan has no annotation of its own.
    scanned = f"{REFUSAL}\n{shown}\n{scan_text.table([verdict(judged())])}"
    assert "CVE-1" in lines(report(finding()), problem=scanned)[1]


def test_a_type_without_a_result_is_shown_with_its_mistakes() -> None:
    assert lines(plan=JobPlan(found=selection("dbt"))) == [NO_RESULT]
    mistake = reason(ReasonKind.WRONG, "x", how="images/dbt/pyproject.toml: invalid TOML")
    command = "::error file=images/dbt/pyproject.toml,title=dbt::images/dbt/pyproject.toml: invalid TOML"
    assert lines(plan=JobPlan(found=selection("dbt", because=mistake))) == [command]


def test_commands_that_github_would_not_show_are_counted() -> None:
    findings = [finding(line=number) for number in range(1, MAX_PER_LEVEL + 4)]
    commands = lines(report(*findings))
    assert len(commands) == MAX_PER_LEVEL
    assert commands[-1].endswith("::and 4 more: the summary has them all")
    assert "more" not in lines(report(*findings[:MAX_PER_LEVEL]))[-1]


@given(st.text(), st.text(), st.text())
def test_foreign_text_makes_no_command(cause: str, file: str, problem: str) -> None:
    for line in lines(report(finding(cause, file)), problem=problem):
        head, _, message = line[2:].partition("::")
        assert line.startswith(("::error ", "::warning "))
        assert "\r" not in line
        assert "title=" in head
        assert message or not problem.strip()  # nothing but line breaks is no message


@given(st.text(alphabet="a: \n\r#[|"))
def test_a_log_without_commands_has_none(text: str) -> None:
    for line in without_commands(text).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
