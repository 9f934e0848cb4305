"""The summary of a run: every type with its verdict, what is wrong, and how to verify what was pushed."""

import pytest

from ci.checks import report_formats
from ci.checks.report import Fact, Finding, Level, Report
from ci.checks.scan import text as scan_text
from ci.checks.scan.verdict import State
from ci.pipeline import event
from ci.pipeline.github import summary
from ci.pipeline.github.outputs import JobPlan, without_result
from ci.pipeline.github.summary import markdown, shortened
from ci.pipeline.report_files import gate
from ci.pipeline.selection import AffectedType, ChangedPath, Reason, ReasonKind, Selection
from ci.publish.publication import Publication, Row

from ...events import pull_request, push
from ...verdicts import judged, verdict, vulnerability
from .test_outputs import selection

COMMIT = "c" * 40
IDENTITY = "https://github.com/acme/data/.github/workflows/publish.yml@refs/heads/main"
GOOD = Report(subject="api", facts=(Fact(check="dags", detail="one"),))
BAD = Report(
    subject="api",
    findings=(Finding(check="parse", file="dags/a.py", line=3, cause="no module <b>", remedy="mend it"),),
)
MILD = Report(subject="api", findings=(BAD.findings[0].model_copy(update={"level": Level.WARNING}),))
REFUSAL = "the gate failed, nothing was pushed: mend it, or publish all the same with --force"
DENIED = "DENIED: permission_denied: write_package"
FAILING = verdict(judged(vulnerability()))
WRONG = "images/dbt/pyproject.toml: [project] lacks 'name'"
PUSHED = Row(
    dag="api",
    repository="r.example/api",
    digest="sha256:aa",
    written=("main", "latest"),
    size=10_000_000,
    added=1_000_000,
    tests=(GOOD,),
)


def told(
    *rows: Row, plan: JobPlan | None = None, missing: tuple[str, ...] = (), attested: bool = False
) -> str:
    done = Publication(commit=COMMIT, rows=rows)
    plan = JobPlan(found=selection(*missing)) if missing else plan
    return markdown(done, plan, attested=attested)


def with_(**changed: object) -> Row:
    return PUSHED.model_copy(update=changed)


def test_the_verdict_is_said_first() -> None:
    assert told(PUSHED).startswith("### airflow-images: 1 DAG type passed\n")
    two = told(PUSHED, with_(dag="dbt", problem="x"))
    assert two.startswith("### airflow-images: 1 of 2 DAG types failed\n")
    assert told(missing=("dbt",)).startswith("### airflow-images: 1 of 1 DAG type failed\n")
    assert told().startswith("### airflow-images: no DAG type is affected\n")


def test_a_type_that_was_not_made_is_not_counted_as_passed() -> None:
    other = Row(dag="dbt", repository="", note="api/v1.2.3 releases only api")
    text = told(PUSHED, other)
    assert text.startswith("### airflow-images: 1 DAG type passed, 1 skipped\n")
    assert "| `dbt` | skipped | `-` |" in text
    assert "- `dbt`: skipped: api/v1.2.3 releases only api" in text
    failed = told(with_(problem="x"), other, missing=("zoo",))
    assert failed.startswith("### airflow-images: 2 of 2 DAG types failed, 1 skipped\n")
    assert told(other).startswith("### airflow-images: 1 DAG type skipped\n")


def test_a_row_has_all_that_is_known() -> None:
    line = next(line for line in told(PUSHED).splitlines() if line.startswith("| `api`"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    image, size, tags = "`r.example/api@sha256:aa`", "10.0 MB (1.0 MB added)", "`main`, `latest`"
    assert cells == ["`api`", "passed", image, size, "passed", "-", tags]


def test_the_size_is_compared_with_what_latest_was() -> None:
    assert "10.0 MB (+2.0 MB)" in told(with_(before=8_000_000))
    assert "10.0 MB (-2.0 MB)" in told(with_(before=12_000_000))
    assert "10.0 MB (unchanged)" in told(with_(before=10_000_000))


def test_a_type_without_a_result_is_not_left_out() -> None:
    assert "| `dbt` | **no result** |" in told(PUSHED, missing=("dbt",))


def test_what_failed_is_told_with_file_and_line_and_no_markup_of_others() -> None:
    text = told(with_(tests=(BAD,), problem=f"{REFUSAL}\n{report_formats.text([BAD])}", gate_failed=True))
    assert "`dags/a.py:3`" in text
    assert "<b>" not in text
    assert "the gate failed" not in text  # the findings say more
    assert "the base<br>is away" in told(with_(problem="the base\nis away"))


@pytest.mark.parametrize(
    "row",
    [
        with_(tests=(MILD,), problem=DENIED),
        with_(tests=(BAD,), problem=DENIED),
        with_(scans=(FAILING,), problem=DENIED),
        with_(
            scans=(FAILING,), problem=f"{REFUSAL}\n{DENIED}\n{scan_text.table([FAILING])}", gate_failed=True
        ),
        with_(
            tests=(BAD, BAD),
            problem=f"{REFUSAL}\n{report_formats.text([BAD, BAD])}\n{DENIED}",
            gate_failed=True,
        ),
    ],
    ids=["a warning", "a finding", "a scan", "a crash beside a scan", "a crash beside tests"],
)
def test_a_problem_is_told_whatever_was_found_besides(row: Row) -> None:
    (line,) = [line for line in told(row).splitlines() if "**failed**:" in line]
    assert "DENIED: permission&#95;denied: write&#95;package" in line
    assert "CVE" not in line  # what is in a table of its own isn't told twice
    assert "parse" not in line


def test_what_findings_tell_is_not_told_twice() -> None:
    both = f"{REFUSAL}\n{report_formats.text([BAD])}\n{scan_text.table([FAILING])}"
    text = told(with_(tests=(BAD,), scans=(FAILING,), problem=both, gate_failed=True))
    assert "**failed**:" not in text
    assert "| `CVE-1` |" in text
    expired = verdict(state=State.FAILED, reasons=("images/policy.toml: the ignore of CVE-1 expired",))
    (line,) = [line for line in told(with_(scans=(expired,))).splitlines() if "expired" in line]
    assert line.startswith("- why: ")


def test_a_mistake_that_the_plan_knows_is_told_of_a_type_without_a_result() -> None:
    why = (Reason(kind=ReasonKind.WRONG, touches=(ChangedPath(path="images/dbt", how=WRONG),)),)
    code = (Reason(kind=ReasonKind.DAG_CODE, touches=(ChangedPath(path="dags/zoo/a.py", how="new"),)),)
    affected = tuple(
        AffectedType(dag=name, reasons=it) for name, it in (("api", why), ("dbt", why), ("zoo", code))
    )
    plan = JobPlan(found=Selection(since="x", commit="", affected=affected, unaffected=(), removed=()))
    done = Publication(commit=COMMIT, rows=(PUSHED,))
    missing = without_result(done, plan)
    assert missing == {"dbt": (WRONG,), "zoo": ()}
    text = markdown(done, plan)
    assert text.startswith("### airflow-images: 2 of 3 DAG types failed\n")
    assert "| `dbt` | **no result** | wrong configuration, as listed below |" in text
    assert "- `dbt`: **failed**: images/dbt/pyproject.toml: &#91;project&#93; lacks 'name'" in text
    assert "| `zoo` | **no result** | its job ended without a result: see its log |" in text
    lines = gate(done, plan)[1].splitlines()
    assert f"dbt: FAILED: {WRONG}" in lines
    assert "zoo: FAILED: its job ended without a result: see its log" in lines


def test_the_gate_tells_a_run_of_nothing() -> None:
    nothing = Publication(commit="", rows=())
    assert gate(nothing, None) == (True, "no DAG type to build")
    assert gate(nothing, JobPlan(found=selection("dbt")))[1].startswith("dbt: FAILED: ")
    assert without_result(nothing, None) == {}


def test_tags_that_stay_are_told_with_the_reason() -> None:
    text = told(with_(left={"v1": "v1.3.0 is newer"}))
    assert "`v1` (not moved)" in text
    assert "- `api`: `v1` not moved: v1.3.0 is newer" in text


def test_what_was_signed_can_be_verified_by_the_commands_in_it() -> None:
    assert "How to verify" not in told(PUSHED)
    by_key = told(with_(signed=5))
    image = "dagger call registry image --reference r.example/api@sha256:aa"
    command = f"{image} verify --key cosign.pub --commit {COMMIT}"
    assert command in by_key.splitlines()
    keyless = told(with_(signed=5, identity=IDENTITY))
    assert f"--certificate-identity {IDENTITY} " in keyless


def test_what_github_attested_is_verified_by_its_own_command_and_nothing_else_is() -> None:
    plan = JobPlan(found=selection("api"), event=event.parse(push("refs/heads/main")))
    keyless, by_key = with_(signed=5, identity=IDENTITY), with_(signed=5)
    assert "gh attestation" not in told(keyless, by_key, plan=plan)
    platform = "gh attestation verify oci://r.example/api@sha256:aa --repo acme/data"
    lines = told(keyless, plan=plan, attested=True).splitlines()
    assert f"{platform} --signer-workflow acme/data/.github/workflows/publish.yml" in lines
    assert not [line for line in lines if "if the workflow of another repository" in line]
    lines = told(by_key, plan=plan, attested=True).splitlines()
    assert platform in lines
    assert [
        line
        for line in lines
        if "--signer-workflow" in line and "if the workflow of another repository" in line
    ]
    for none in (with_(problem="x", digest=""), with_(repository="")):
        assert "gh attestation" not in told(none, plan=plan, attested=True)


def test_a_summary_is_no_larger_than_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert summary.MAX_BYTES < 1024 * 1024  # that GitHub takes
    most = 100_000
    monkeypatch.setattr(summary, "MAX_BYTES", most)
    # As many rows as the table of a scan has, in words that take more bytes than characters.
    many = tuple(
        judged(vulnerability(f"CVE-{number}", package=f"{'é' * 20}{number}")) for number in range(40)
    )
    scans = (verdict(*many),)
    rows = [with_(dag=f"t{number:03}", scans=scans, signed=5, problem="denied") for number in range(20)]
    assert len(told(rows[0]).encode()) * len(rows) > most
    text = told(*rows, with_(dag="zoo", signed=5))
    assert most * 0.98 < len(text.encode()) < most + 2_000
    assert all(f"| `{row.dag}` | **failed** |" in text for row in rows)
    assert text.index("#### How to verify") < text.index("- `t000`: **failed**: denied")
    assert "`t019`: **failed**" not in text
    last = text.splitlines()[-1]
    assert last.startswith("… cut at GitHub's size limit. Not shown: details of `t0")
    assert last.endswith(" more; published.json in the artifacts results-… of the run has them")


def test_a_text_is_cut_at_a_line_and_between_signs() -> None:
    assert shortened("one\ntwo", 7, "cut") == "one\ntwo"
    assert shortened("one\ntwo", 6, "cut") == "one\n\ncut"
    assert shortened("é\né\né", 7, "cut") == "é\né\n\ncut"
    assert shortened("```\n```\n```\na\nb", 13, "cut") == "```\n```\n```\n```\n\ncut"


def test_the_event_and_the_notes_of_the_plan_are_told() -> None:
    noted = selection().model_copy(update={"notes": ("a fork: nothing is pushed",)})
    text = told(plan=JobPlan(found=noted, event=event.parse(pull_request({"full_name": "x/y"}))))
    assert "pull request &#35;7 from a fork" in text
    assert "> a fork: nothing is pushed" in text


def test_the_same_results_give_the_same_text() -> None:
    assert told(PUSHED, with_(dag="dbt")) == told(PUSHED, with_(dag="dbt"))


def test_what_else_is_to_be_told_is_told() -> None:
    done = Publication(commit=COMMIT, rows=(PUSHED,), notes=("dbt: never | published",))
    assert "> dbt: never &#124; published" in markdown(done, None)
