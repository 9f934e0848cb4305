"""The files of a plan and of results, by which the steps of a pipeline show, upload and judge."""

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

from ..events import push
from ..verdicts import NOW, judged, verdict, vulnerability
from .github.test_outputs import selection

ALWAYS = [
    *("annotations.txt", "outputs.env", "sarif/scan-1.sarif", "scan.sarif", "summary.md", "tests.xml"),
    *("verdict", "verdict.txt"),
]
PUSHED = Row(dag="api", repository="r.example/api", digest="sha256:aa", scans=(verdict(dag="api"),))
PARSED = (
    Finding(check="parse", file="dags/a.py", line=3, cause="no module", remedy="name it"),
    Finding(check="parse", file="", line=0, level=Level.WARNING, cause="slow", remedy="import less"),
)
BROKEN = Row(dag="dbt", repository="", problem="it fails", tests=(Report(subject="dbt", findings=PARSED),))


def files(*rows: Row, plan: JobPlan | None = None, attested: bool = False) -> dict[str, str]:
    done = Publication(commit="c" * 40, rows=rows)
    lock = 'lock-version = "1.0"\nname = "zeep"\n'
    return of_results(done, plan, verdicts(done, NOW), {"api": lock}, attested=attested)


def names(texts: dict[str, str]) -> list[str]:
    """The outputs, in their order."""
    return [line.partition("=")[0] for line in texts["outputs.env"].splitlines()]


def test_results_are_a_file_for_each_step() -> None:
    texts = files(PUSHED)
    assert sorted(texts) == ALWAYS
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


def test_several_results_have_no_subject_to_attest() -> None:
    assert names(files(PUSHED, BROKEN)) == ["files"]


def test_a_plan_that_nothing_was_made_of_hands_out_jobs() -> None:
    texts = files(plan=JobPlan(found=selection("api", "dbt")))
    assert names(texts) == ["matrix", "any", "comment", "upload", "name", "digest", "files"]
    assert "| `api` | DAG code |" in texts["planned.md"]
    assert texts["verdict"] == "failed\n"  # both have no result


def test_a_type_of_the_plan_without_a_result_fails_the_verdict() -> None:
    texts = files(PUSHED, plan=JobPlan(found=selection("api", "dbt")))
    assert sorted(texts) == sorted([*ALWAYS, "planned.md"])
    assert names(texts) == ["name", "digest", "files"]
    assert texts["verdict"] == "failed\n"
    assert files(PUSHED, plan=JobPlan(found=selection("api")))["verdict"] == "passed\n"


def test_no_results_are_a_report_of_nothing() -> None:
    texts = files()
    assert sorted(texts) == ALWAYS
    assert texts["outputs.env"] == 'name=\ndigest=\nfiles=["scan-1.sarif"]\n'
    assert (texts["verdict"], texts["verdict.txt"]) == ("passed\n", "no DAG type to build\n")
    assert json.loads(texts["sarif/scan-1.sarif"])["runs"] == []


def test_sarif_is_one_file_and_files_that_github_takes() -> None:
    types = [f"t{number:02}" for number in range(21)]
    texts = files(*(Row(dag=name, repository="r.example", scans=(verdict(dag=name),)) for name in types))
    runs = {path: json.loads(text)["runs"] for path, text in texts.items() if path.endswith(".sarif")}
    assert [len(runs[f"sarif/scan-{number}.sarif"]) for number in (1, 2)] == [20, 1]
    assert runs["sarif/scan-1.sarif"] + runs["sarif/scan-2.sarif"] == runs["scan.sarif"]
    assert texts["outputs.env"] == 'files=["scan-1.sarif", "scan-2.sarif"]\n'


def test_an_alert_is_on_the_line_of_the_lock() -> None:
    scan = verdict(judged(vulnerability()), dag="api")
    (run,) = json.loads(files(PUSHED.model_copy(update={"scans": (scan,)}))["scan.sarif"])["runs"]
    (location,) = run["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "images/api/pylock.toml"
    assert location["physicalLocation"]["region"]["startLine"] == 2


def test_what_was_not_scanned_says_so_and_what_was_not_made_says_nothing() -> None:
    other = Row(dag="sap", repository="", note="api/v1.0.0 releases only api")
    done = Publication(commit="", rows=(PUSHED, BROKEN, other))
    assert [(scan.dag, str(scan.state)) for scan in verdicts(done, NOW)] == [
        ("api", "passed"),
        ("dbt", "not scanned"),
    ]


def test_neither_log_nor_outputs_take_commands_from_messages() -> None:
    hostile = "x\n::set-output name=a::b\n  ::error::no\n##[error]no\ndigest=sha256:bb"
    texts = files(BROKEN.model_copy(update={"problem": hostile}))
    for name in ("verdict.txt", "annotations.txt"):
        lines = texts[name].splitlines()
        assert not [line for line in lines if line.lstrip().startswith(("::set-output", "::error::"))], name
    assert "##[" not in texts["verdict.txt"]
    assert texts["outputs.env"] == 'name=\ndigest=\nfiles=["scan-1.sarif"]\n'


def test_what_github_attested_is_verified_by_its_own_command() -> None:
    plan = JobPlan(found=selection("api"), event=event.parse(push("refs/heads/main")))
    command = "gh attestation verify"
    assert command in files(PUSHED, plan=plan, attested=True)["summary.md"]
    assert command not in files(PUSHED, plan=plan)["summary.md"]


def test_the_table_is_the_same_for_a_terminal_and_for_the_report() -> None:
    done = Publication(commit="c" * 40, rows=(PUSHED, BROKEN))
    passed, table = gate(done, None)
    assert (passed, f"{table}\n") == (False, files(PUSHED, BROKEN)["verdict.txt"])


def test_a_plan_is_files_for_the_jobs_and_for_the_report() -> None:
    plan = JobPlan(found=selection("api"))
    texts = of_plan(plan)
    assert sorted(texts) == ["outputs.env", "plan.json", "planned.md"]
    assert names(texts) == ["matrix", "any", "comment", "upload"]
    assert JobPlan.model_validate_json(texts["plan.json"]) == plan
    assert texts["planned.md"] == files(plan=plan)["planned.md"]


def test_more_jobs_than_github_has_are_refused_until_something_is_made() -> None:
    plan = JobPlan(found=selection(*(f"t{number}" for number in range(outputs.MAX_JOBS + 1))))
    for make in (lambda: of_plan(plan), lambda: files(plan=plan)):
        with pytest.raises(ConfigurationError, match="257 DAG types are affected"):
            make()
    assert files(PUSHED, plan=plan)["verdict"] == "failed\n"


@pytest.mark.parametrize(
    ("row", "left_out", "status"),
    [(PUSHED, "", 0), (BROKEN, "", 1), (PUSHED, "verdict", 2), (PUSHED, "verdict.txt", 1)],
    ids=["passed", "failed", "no verdict", "no table"],
)
def test_the_last_step_of_a_job_fails_unless_the_verdict_is_there_and_good(
    tmp_path: Path, row: Row, left_out: str, status: int
) -> None:
    for name in {"verdict", "verdict.txt"} - {left_out}:
        (tmp_path / name).write_text(files(row)[name])
    done = subprocess.run(
        ["sh", "-c", "cat verdict.txt && grep -qx passed verdict"], cwd=tmp_path, check=False
    )
    assert done.returncode == status


def test_no_file_of_a_report_is_taken_for_a_result() -> None:
    assert not {publication.FILE, outputs.PLAN} & set(files(PUSHED, plan=JobPlan(found=selection("api"))))
