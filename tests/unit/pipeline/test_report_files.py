"""The files of a plan and of results, which the steps of a pipeline show, upload and judge."""

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ci.checks.report import Finding, Level, Report
from ci.errors import ConfigurationError
from ci.pipeline import event
from ci.pipeline.github import outputs
from ci.pipeline.github.outputs import JobPlan
from ci.pipeline.report_files import gate, of_plan, of_results, verdicts
from ci.publish import publication
from ci.publish.publication import Publication, Row

from ..events import pull_request
from ..selections import selection
from ..verdicts import NOW, judged, verdict, vulnerability

ALWAYS = {
    *("annotations.txt", "outputs.env", "sarif/scan-1.sarif", "scan.sarif", "summary.md", "tests.xml"),
    *("verdict", "verdict.txt"),
}
PLANNED = ["matrix", "any", "comment", "upload"]
PUSHED = Row(dag="api", repository="r.example/api", digest="sha256:aa", scans=(verdict(dag="api"),))
PARSED = (
    Finding(check="parse", file="dags/a.py", line=3, cause="no module", remedy="name it"),
    Finding(check="parse", file="", line=0, level=Level.WARNING, cause="slow", remedy="import less"),
)
BROKEN = Row(dag="dbt", repository="", problem="it fails", tests=(Report(subject="dbt", findings=PARSED),))


def plan(*names: str) -> JobPlan:
    return JobPlan(found=selection(*names), event=event.parse(pull_request()))


def files(*rows: Row, plan: JobPlan | None = None) -> dict[str, str]:
    done = Publication(commit="c" * 40, rows=rows)
    lock = 'lock-version = "1.0"\nname = "zeep"\n'
    return of_results(done, plan, verdicts(done, NOW), {"api": lock}, attested=False)


def output_names(texts: dict[str, str]) -> list[str]:
    return [line.partition("=")[0] for line in texts["outputs.env"].splitlines()]


def test_passed_results_are_in_every_file() -> None:
    texts = files(PUSHED)
    assert texts.keys() == ALWAYS
    assert texts["summary.md"].startswith("### airflow-images: 1 DAG type passed\n")
    assert (texts["verdict"], texts["annotations.txt"]) == ("passed\n", "")
    assert texts["verdict.txt"].splitlines()[1].startswith("api  r.example/api@sha256:aa")
    assert texts["outputs.env"] == 'name=r.example/api\ndigest=sha256:aa\nfiles=["scan-1.sarif"]\n'


def test_a_failure_is_in_every_file_that_shows_it() -> None:
    texts = files(PUSHED, BROKEN)
    assert texts["verdict"] == "failed\n"
    assert "dbt: FAILED: it fails" in texts["verdict.txt"]
    assert texts["summary.md"].startswith("### airflow-images: 1 of 2 DAG types failed\n")
    assert texts["annotations.txt"].startswith("::error file=dags/a.py,line=3,title=dbt")
    assert texts["annotations.txt"].endswith("\n")
    suites = ET.fromstring(texts["tests.xml"].encode())  # noqa: S314 - made above
    assert [(suite.get("name"), suite.get("failures")) for suite in suites] == [("dbt", "1")]
    assert gate(Publication(commit="c" * 40, rows=(PUSHED, BROKEN)), None) == (
        False,
        texts["verdict.txt"][:-1],
    )


@pytest.mark.parametrize(
    ("rows", "job_plan", "names", "verdict"),
    [
        ([PUSHED], None, ["name", "digest", "files"], "passed"),
        ([PUSHED, BROKEN], None, ["files"], "failed"),  # no single subject to attest
        ([], None, ["name", "digest", "files"], "passed"),
        ([], plan("api", "dbt"), [*PLANNED, "name", "digest", "files"], "failed"),
        ([PUSHED], plan("api", "dbt"), ["name", "digest", "files"], "failed"),
        ([PUSHED], plan("api"), ["name", "digest", "files"], "passed"),
    ],
)
def test_outputs_and_verdict_depend_on_plan_and_results(
    rows: list[Row], job_plan: JobPlan | None, names: list[str], verdict: str
) -> None:
    texts = files(*rows, plan=job_plan)
    assert (output_names(texts), texts["verdict"]) == (names, f"{verdict}\n")
    assert texts.keys() - ALWAYS == ({"planned.md"} if job_plan else set())
    # None of them may be mistaken for a result.
    assert not {publication.FILE, outputs.PLAN} & texts.keys()


def test_a_plan_has_a_file_for_jobs_and_one_for_the_report() -> None:
    texts = of_plan(plan("api"))
    assert texts.keys() == {"outputs.env", "plan.json", "planned.md"}
    assert output_names(texts) == PLANNED
    assert JobPlan.model_validate_json(texts["plan.json"]) == plan("api")
    assert texts["planned.md"] == files(plan=plan("api"))["planned.md"]
    assert "| `api` | DAG code |" in texts["planned.md"]


def test_the_gate_says_what_is_missing() -> None:
    nothing = Publication(commit="", rows=())
    assert gate(nothing, None) == (True, "no DAG type to build")
    assert gate(nothing, plan("dbt")) == (False, f"dbt: FAILED: {outputs.NO_RESULT}")


def test_sarif_is_one_file_and_parts_that_github_accepts() -> None:
    types = [f"t{number:02}" for number in range(21)]
    texts = files(*(Row(dag=name, repository="r.example", scans=(verdict(dag=name),)) for name in types))
    runs = {path: json.loads(text)["runs"] for path, text in texts.items() if path.endswith(".sarif")}
    assert [len(runs[f"sarif/scan-{number}.sarif"]) for number in (1, 2)] == [20, 1]
    assert runs["sarif/scan-1.sarif"] + runs["sarif/scan-2.sarif"] == runs["scan.sarif"]
    assert texts["outputs.env"] == 'files=["scan-1.sarif", "scan-2.sarif"]\n'


def test_an_alert_is_at_the_line_of_the_lock() -> None:
    scan = verdict(judged(vulnerability()), dag="api")
    (run,) = json.loads(files(PUSHED.model_copy(update={"scans": (scan,)}))["scan.sarif"])["runs"]
    location = run["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "images/api/pylock.toml"
    assert location["region"]["startLine"] == 2


def test_types_that_were_not_scanned_have_a_verdict_unless_skipped() -> None:
    skipped = Row(dag="sap", repository="", note="api/v1.0.0 releases only api")
    done = Publication(commit="", rows=(PUSHED, BROKEN, skipped))
    states = [(scan.dag, str(scan.state)) for scan in verdicts(done, NOW)]
    assert states == [("api", "passed"), ("dbt", "not scanned")]


def test_messages_make_no_commands_in_logs_or_outputs() -> None:
    hostile = "x\n::set-output name=a::b\n  ::error::no\n##[error]no\ndigest=sha256:bb"
    texts = files(BROKEN.model_copy(update={"problem": hostile}))
    for name in ("verdict.txt", "annotations.txt"):
        lines = texts[name].splitlines()
        assert not [line for line in lines if line.lstrip().startswith(("::set-output", "::error::"))], name
    assert "##[" not in texts["verdict.txt"]
    assert texts["outputs.env"] == 'name=\ndigest=\nfiles=["scan-1.sarif"]\n'


def test_too_many_jobs_are_refused_before_anything_is_built() -> None:
    names = [f"t{number}" for number in range(outputs.MAX_JOBS + 1)]
    for make in (lambda: of_plan(plan(*names)), lambda: files(plan=plan(*names))):
        with pytest.raises(ConfigurationError, match="257 DAG types are affected"):
            make()
    assert files(PUSHED, plan=plan(*names))["verdict"] == "failed\n"
    assert output_names(of_plan(plan(*names[1:]))) == PLANNED


@pytest.mark.parametrize(
    ("row", "left_out", "status"),
    [(PUSHED, "", 0), (BROKEN, "", 1), (PUSHED, "verdict", 2), (PUSHED, "verdict.txt", 1)],
    ids=["passed", "failed", "no verdict", "no table"],
)
def test_the_last_step_fails_without_a_good_verdict(
    tmp_path: Path, row: Row, left_out: str, status: int
) -> None:
    for name in {"verdict", "verdict.txt"} - {left_out}:
        (tmp_path / name).write_text(files(row)[name])
    command = ["sh", "-c", "cat verdict.txt && grep -qx passed verdict"]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == status
