"""The summary of a run: every type with its verdict, its problems, and how to verify what was pushed."""

import pytest

from ci.checks import report_formats
from ci.checks.report import Fact, Finding, Level, Report
from ci.checks.scan import text as scan_text
from ci.checks.scan.verdict import State
from ci.pipeline import event
from ci.pipeline.github import summary
from ci.pipeline.github.outputs import JobPlan
from ci.pipeline.github.summary import markdown, shortened
from ci.pipeline.selection import ReasonKind
from ci.publish.publication import Publication, Row

from ...events import pull_request, push
from ...selections import reason, selection
from ...verdicts import judged, verdict, vulnerability

COMMIT = "c" * 40
IDENTITY = "https://github.com/acme/data/.github/workflows/publish.yml@refs/heads/main"
MISSING = "its job ended without a result: see its log"
NO_MODULE = Finding(check="parse", file="dags/a.py", line=3, cause="no module <b>", remedy="mend it")
GOOD = Report(subject="api", facts=(Fact(check="dags", detail="one"),))
BAD = Report(subject="api", findings=(NO_MODULE,))
MILD = Report(subject="api", findings=(NO_MODULE.model_copy(update={"level": Level.WARNING}),))
FAILING = verdict(judged(vulnerability()))
REFUSAL = "the gate failed, nothing was pushed: mend it, or publish all the same with --force"
DENIED = "DENIED: permission_denied: write_package"
PUSHED = Row(
    dag="api",
    repository="r.example/api",
    digest="sha256:aa",
    written=("main", "latest"),
    size=10_000_000,
    added=1_000_000,
    tests=(GOOD,),
)
SKIPPED = Row(dag="zoo", repository="", note="api/v1.2.3 releases only api")


def changed(**fields: object) -> Row:
    return PUSHED.model_copy(update=fields)


def refused(*shown: str, **fields: object) -> Row:
    return changed(problem="\n".join((REFUSAL, *shown)), gate_failed=True, **fields)


def text_of(*rows: Row, plan: JobPlan | None = None, attested: bool = False) -> str:
    return markdown(Publication(commit=COMMIT, rows=rows), plan, attested=attested)


def planned(*names: str, payload: str = "") -> JobPlan:
    return JobPlan(found=selection(*names), event=event.parse(payload) if payload else None)


def test_the_title_counts_failed_and_skipped_types() -> None:
    broken, dbt = changed(dag="dbt", problem="x"), planned("dbt")
    for rows, plan, title in (
        ((), None, "no DAG type is affected"),
        ((), dbt, "1 of 1 DAG type failed"),
        ((PUSHED,), None, "1 DAG type passed"),
        ((PUSHED, broken), None, "1 of 2 DAG types failed"),
        ((PUSHED, SKIPPED), None, "1 DAG type passed, 1 skipped"),
        ((changed(problem="x"), SKIPPED), dbt, "2 of 2 DAG types failed, 1 skipped"),
        ((SKIPPED,), None, "1 DAG type skipped"),
    ):
        assert text_of(*rows, plan=plan).startswith(f"### airflow-images: {title}\n")


IMAGE, SIZE = "`r.example/api@sha256:aa`", "10.0 MB (1.0 MB added)"


def test_a_row_has_a_cell_per_column() -> None:
    for row, cells in (
        (PUSHED, ["`api`", "passed", IMAGE, SIZE, "passed", "-", "`main`, `latest`"]),
        (
            changed(written=("main",), same=("v1",), left={"v2": "v2.3.0 is newer"}, problem="x"),
            ["`api`", "**failed**", IMAGE, SIZE, "passed", "-", "`main`, `v1` (unchanged), `v2` (not moved)"],
        ),
        (SKIPPED, ["`zoo`", "skipped", "`-`", "-", "-", "-", "not pushed"]),
    ):
        assert f"| {' | '.join(cells)} |" in text_of(row).splitlines()


def test_the_size_is_compared_with_the_published_image() -> None:
    for before, change in ((8_000_000, "+2.0 MB"), (12_000_000, "-2.0 MB"), (10_000_000, "unchanged")):
        assert f"10.0 MB ({change})" in text_of(changed(before=before))


def test_details_say_what_the_table_does_not() -> None:
    text = text_of(SKIPPED, changed(left={"v2": "v2.3.0 is newer"}, problem="the base\nis away"))
    lines = {"- `zoo`: skipped: api/v1.2.3 releases only api", "- `api`: `v2` not moved: v2.3.0 is newer"}
    assert {*lines, "- `api`: **failed**: the base<br>is away"} <= set(text.splitlines())


@pytest.mark.parametrize(
    "row",
    [
        changed(tests=(MILD,), problem=DENIED),
        changed(tests=(BAD,), problem=DENIED),
        changed(scans=(FAILING,), problem=DENIED),
        refused(DENIED, scan_text.table([FAILING]), scans=(FAILING,)),
        refused(report_formats.text([BAD, BAD]), DENIED, tests=(BAD, BAD)),
    ],
    ids=["a warning", "a finding", "a scan", "a crash beside a scan", "a crash beside tests"],
)
def test_a_problem_is_shown_beside_findings(row: Row) -> None:
    (line,) = [line for line in text_of(row).splitlines() if "**failed**:" in line]
    assert "DENIED: permission&#95;denied: write&#95;package" in line
    assert "CVE" not in line  # findings have tables of their own
    assert "parse" not in line


def test_findings_are_shown_once_and_without_foreign_markup() -> None:
    row = refused(report_formats.text([BAD]), scan_text.table([FAILING]), tests=(BAD,), scans=(FAILING,))
    text = text_of(row)
    assert not [part for part in ("**failed**:", REFUSAL[:15], "<b>") if part in text]
    assert all(part in text for part in ("`dags/a.py:3`", "| `CVE-1` |"))
    expired = verdict(state=State.FAILED, reasons=("images/policy.toml: the ignore of CVE-1 expired",))
    (line,) = [line for line in text_of(changed(scans=(expired,))).splitlines() if "expired" in line]
    assert line.startswith("- why: ")


def test_a_type_without_a_result_has_a_row_and_its_mistakes() -> None:
    mistake = reason(ReasonKind.WRONG, "images/dbt", how="images/dbt/pyproject.toml: [project] lacks 'name'")
    lines = {
        "| `dbt` | **no result** | wrong configuration, as listed below |  |  |  |  |",
        "- `dbt`: **failed**: images/dbt/pyproject.toml: &#91;project&#93; lacks 'name'",
    }
    plan = JobPlan(found=selection("api", "dbt", because=mistake))
    assert lines <= set(text_of(PUSHED, plan=plan).splitlines())
    text = text_of(PUSHED, plan=planned("api", "dbt"))
    assert f"| `dbt` | **no result** | {MISSING} |  |  |  |  |" in text.splitlines()
    assert "**failed**:" not in text


BY_KEY, KEYLESS = changed(signed=5), changed(signed=5, identity=IDENTITY)
VERIFY = "dagger call registry image --reference r.example/api@sha256:aa verify"
VERIFY_BY_GITHUB = "gh attestation verify oci://r.example/api@sha256:aa --repo acme/data"


def test_signed_images_have_the_command_that_verifies_them_and_others_are_named() -> None:
    assert "How to verify" not in text_of(PUSHED)
    assert f"{VERIFY} --key cosign.pub --commit {COMMIT}" in text_of(BY_KEY).splitlines()
    assert f"{VERIFY} --certificate-identity {IDENTITY} " in text_of(KEYLESS)
    plan = planned("api", payload=push("refs/heads/main"))
    assert "> **Not signed**: `api`: " in text_of(PUSHED, plan=plan)
    for text in (text_of(BY_KEY, plan=plan), text_of(PUSHED, plan=plan, attested=True), text_of(SKIPPED)):
        assert "Not signed" not in text


def test_images_that_github_attested_have_its_own_command() -> None:
    plan = planned("api", payload=push("refs/heads/main"))
    failed, unpushed = changed(problem="x"), changed(repository="")
    texts = [text_of(KEYLESS, BY_KEY, plan=plan), text_of(KEYLESS, attested=True)]
    texts += [text_of(row, plan=plan, attested=True) for row in (failed, unpushed)]
    assert not [text for text in texts if "gh attestation" in text]
    keyless, by_key = (text_of(row, plan=plan, attested=True).splitlines() for row in (KEYLESS, BY_KEY))
    assert f"{VERIFY_BY_GITHUB} --signer-workflow acme/data/.github/workflows/publish.yml" in keyless
    assert VERIFY_BY_GITHUB in by_key
    hints = ["(add `--signer-workflow" in "\n".join(lines) for lines in (keyless, by_key)]
    assert hints == [False, True]


def test_the_event_and_all_notes_are_shown() -> None:
    plan = planned(payload=pull_request({"full_name": "x/y"}))
    noted = plan.model_copy(update={"found": selection().model_copy(update={"notes": ("a fork",)})})
    done = Publication(commit=COMMIT, rows=(PUSHED,), notes=("dbt: never | published",))
    lines = markdown(done, noted).splitlines()
    assert {"> a fork", "> dbt: never &#124; published"} <= set(lines)
    assert "pull request &#35;7 from a fork: x" in lines


def test_a_summary_is_no_larger_than_github_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert summary.MAX_BYTES < 1024 * 1024  # GitHub's limit
    limit = 100_000
    monkeypatch.setattr(summary, "MAX_BYTES", limit)
    # As many rows as the table of a scan has, in words that take more bytes than characters.
    found = (judged(vulnerability(f"CVE-{n}", package=f"{'é' * 20}{n}")) for n in range(40))
    scans = (verdict(*found),)
    rows = [changed(dag=f"t{n:03}", scans=scans, signed=5, problem="denied") for n in range(20)]
    assert len(text_of(rows[0]).encode()) * len(rows) > limit
    text = text_of(*rows, changed(dag="zoo", signed=5))
    assert limit * 0.98 < len(text.encode()) < limit + 2_000
    assert all(f"| `{row.dag}` | **failed** |" in text for row in rows)
    assert text.index("#### How to verify") < text.index("- `t000`: **failed**: denied")
    assert "`t019`: **failed**" not in text
    last = text.splitlines()[-1]
    assert last.startswith("… cut at GitHub's size limit. Not shown: details of `t0")
    assert last.endswith(" more; published.json in the artifacts results-… of the run has them")


def test_text_is_cut_at_a_line_and_fences_are_closed() -> None:
    cases = {
        ("one\ntwo", 7): "one\ntwo",
        ("one\ntwo", 6): "one\n\ncut",
        ("é\né\né", 7): "é\né\n\ncut",
        ("```\n```\n```\na\nb", 13): "```\n```\n```\n```\n\ncut",
    }
    assert {(text, limit): shortened(text, limit, "cut") for text, limit in cases} == cases
