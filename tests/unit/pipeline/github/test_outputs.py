"""What jobs hand to each other: the matrix and its conditions, the plan as a file, the subject to attest."""

import json

import pytest

from ci.errors import ConfigurationError
from ci.pipeline import event
from ci.pipeline.github.outputs import MAX_JOBS, JobPlan, files, jobs, subject
from ci.pipeline.selection import AffectedType, Reason, ReasonKind, Selection
from ci.publish.publication import Row

from ...events import manual, pull_request, push

DAG_CODE = Reason(kind=ReasonKind.DAG_CODE, touches=())


def selection(*names: str, reason: Reason = DAG_CODE) -> Selection:
    affected = tuple(AffectedType(dag=name, reasons=(reason,)) for name in names)
    return Selection(since="x", commit="", affected=affected, unaffected=(), removed=())


def said(names: tuple[str, ...], text: str | None) -> dict[str, str]:
    made = JobPlan(found=selection(*names), event=event.parse(text) if text else None)
    return dict(line.split("=", 1) for line in jobs(made).splitlines())


def test_the_matrix_has_a_job_per_type() -> None:
    told = said(("api", "dbt"), push("refs/heads/feature"))
    assert json.loads(told["matrix"])["include"] == [
        {"dag": "api", "reason": "DAG code"},
        {"dag": "dbt", "reason": "DAG code"},
    ]
    assert told["any"] == "true"


@pytest.mark.parametrize(
    ("text", "comment", "upload"),
    [
        (None, "false", "true"),
        (push("refs/heads/main"), "false", "true"),
        (manual("api"), "false", "true"),
        (pull_request(), "true", "true"),
        (pull_request({"full_name": "somebody/data"}), "false", "false"),
    ],
)
def test_a_fork_may_write_nothing(text: str | None, comment: str, upload: str) -> None:
    told = said((), text)
    assert (told["comment"], told["upload"], told["any"]) == (comment, upload, "false")
    assert told["matrix"] == '{"include":[]}'


def test_every_line_is_one_output() -> None:
    lines = jobs(JobPlan(found=selection("api"))).splitlines()
    assert [line.partition("=")[0] for line in lines] == ["matrix", "any", "comment", "upload"]


def test_more_jobs_than_github_has_are_refused() -> None:
    assert said(tuple(f"t{number}" for number in range(MAX_JOBS)), None)["any"] == "true"
    with pytest.raises(ConfigurationError, match="257 DAG types are affected"):
        said(tuple(f"t{number}" for number in range(MAX_JOBS + 1)), None)


def test_a_plan_is_read_again_as_it_was() -> None:
    about = event.parse(pull_request())
    plan = JobPlan(found=selection("api", "dbt"), event=about)
    assert JobPlan.model_validate_json(plan.as_json()) == plan


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (Row(dag="a", repository="r/a", digest="sha256:1"), "name=r/a\ndigest=sha256:1\n"),
        (Row(dag="a", repository="", digest="sha256:1"), "name=\ndigest=\n"),
        (Row(dag="a", repository="r/a", problem="x"), "name=\ndigest=\n"),
        (None, "name=\ndigest=\n"),
    ],
)
def test_only_what_was_pushed_is_attested(row: Row | None, text: str) -> None:
    assert subject(row) == text


def test_files_are_handed_out_as_one_line_of_json() -> None:
    assert files(["scan-2.sarif", "scan-1.sarif"]) == 'files=["scan-1.sarif", "scan-2.sarif"]\n'
