"""Commands in the log of GitHub Actions: on the right lines, and none that somebody else has made."""

from hypothesis import given
from hypothesis import strategies as st

from ci.checks import report_formats
from ci.checks.report import Finding, Level, Report
from ci.checks.scan import text as scan_text
from ci.pipeline.github.annotations import MAX_PER_LEVEL, annotations, without_commands
from ci.pipeline.github.outputs import JobPlan
from ci.pipeline.selection import ChangedPath, Reason, ReasonKind
from ci.publish.publication import Publication, Row

from ...verdicts import judged, verdict
from .test_outputs import selection


def finding(
    cause: str = "no module named a", file: str = "dags/a.py", line: int = 3, **more: Level
) -> Finding:
    return Finding(check="parse", file=file, line=line, cause=cause, remedy="mend it", **more)


REFUSAL = "the gate failed, nothing was pushed: mend it"


def of(*findings: Finding, problem: str = "", missing: JobPlan | None = None) -> list[str]:
    tests = (Report(subject="api", findings=findings),) if findings else ()
    gate_failed = problem.startswith(REFUSAL)
    row = Row(dag="api", repository="", tests=tests, problem=problem, gate_failed=gate_failed)
    return annotations(Publication(commit="c" * 40, rows=(row,)), missing).splitlines()


def test_a_finding_is_shown_on_its_line() -> None:
    assert of(finding()) == [
        "::error file=dags/a.py,line=3,title=api%3A parse::no module named a%0Afix: mend it"
    ]


def test_a_finding_without_a_place_is_shown_all_the_same() -> None:
    assert of(finding(file="", line=0)) == ["::error title=api%3A parse::no module named a%0Afix: mend it"]
    assert of(finding(line=0))[0].startswith("::error file=dags/a.py,title=")


def test_a_warning_is_one() -> None:
    assert of(finding(level=Level.WARNING))[0].startswith("::warning file=")


def test_a_problem_is_told_where_no_finding_says_more() -> None:
    assert of(problem="the base can't be had") == ["::error title=api::the base can't be had"]
    report = report_formats.text([Report(subject="api", findings=(finding(),))])
    assert len(of(finding(), problem=f"{REFUSAL}\n{report}")) == 1
    assert len(of(finding(level=Level.WARNING), problem="not scanned")) == 2
    assert of(finding(), problem="DENIED")[1] == "::error title=api::DENIED"
    # A scan has no annotation of its own.
    table = scan_text.table([verdict(judged())])
    assert "CVE-1" in of(finding(), problem=f"{REFUSAL}\n{report}\n{table}")[1]


def test_a_problem_that_names_its_file_is_shown_in_it() -> None:
    wrong = "images/policy.toml: unknown table [scna]"
    assert of(problem=wrong) == [f"::error file=images/policy.toml,title=api::{wrong}"]
    deep = "dags/a/b.py:12: is no DAG"
    assert of(problem=deep) == [f"::error file=dags/a/b.py,line=12,title=api::{deep}"]
    assert of(problem="images/a b: is wrong")[0].startswith("::error title=api::")


def test_a_type_without_a_result_is_told() -> None:
    died = "::error title=dbt::its job ended without a result: see its log"
    assert of(missing=JobPlan(found=selection("dbt"))) == [died]
    wrong = ("images/dbt/pyproject.toml: invalid TOML", "dbt is claimed twice")
    reason = Reason(
        kind=ReasonKind.WRONG, touches=tuple(ChangedPath(path="images/dbt", how=how) for how in wrong)
    )
    plan = JobPlan(found=selection("dbt", reason=reason))
    assert of(missing=plan) == [
        f"::error file=images/dbt/pyproject.toml,title=dbt::{wrong[0]}",
        f"::error title=dbt::{wrong[1]}",
    ]


def test_a_finding_of_two_platforms_is_told_once() -> None:
    report = Report(subject="api", findings=(finding(),))
    row = Row(dag="api", repository="", tests=(report, report))
    assert len(annotations(Publication(commit="", rows=(row,)), None).splitlines()) == 1


def test_more_than_github_shows_are_counted() -> None:
    lines = of(*(finding(line=number) for number in range(1, MAX_PER_LEVEL + 4)))
    assert len(lines) == MAX_PER_LEVEL
    assert lines[-1].endswith("::and 4 more: the summary has them all")
    assert len(of(*(finding(line=number) for number in range(1, MAX_PER_LEVEL + 1)))) == MAX_PER_LEVEL


@given(st.text(), st.text(), st.text())
def test_no_text_makes_a_command_of_its_own(cause: str, file: str, problem: str) -> None:
    for line in of(finding(cause, file), problem=problem):
        head, _, rest = line[2:].partition("::")
        assert line.startswith(("::error ", "::warning "))
        assert "\r" not in line
        assert head.count("title=") >= 1
        assert "%0A" in rest or rest


@given(st.text(alphabet="a: \n\r#[|"))
def test_without_commands_text_has_no_command(text: str) -> None:
    for line in without_commands(text).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
