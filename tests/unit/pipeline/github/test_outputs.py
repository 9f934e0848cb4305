"""What jobs pass to each other: the matrix and its conditions, the plan as a file, the subject to attest."""

import json

import pytest

from ci.errors import ConfigurationError
from ci.pipeline import event
from ci.pipeline.github.outputs import MAX_JOBS, JobPlan, files, jobs, subject, without_result
from ci.pipeline.selection import ReasonKind
from ci.publish.publication import Publication, Row

from ...events import manual, pull_request, push
from ...selections import reason, selection

NOTHING_PUSHED = "name=\ndigest=\n"


def outputs(*names: str, payload: str = "") -> dict[str, str]:
    plan = JobPlan(found=selection(*names), event=event.parse(payload) if payload else None)
    return dict(line.split("=", 1) for line in jobs(plan).splitlines())


def test_the_matrix_has_a_job_per_type() -> None:
    values = outputs("api", "dbt", payload=push("refs/heads/feature"))
    assert list(values) == ["matrix", "any", "comment", "upload"]
    names = [job["dag"] for job in json.loads(values["matrix"])["include"]]
    assert (names, values["any"]) == (["api", "dbt"], "true")
    assert [outputs()[name] for name in ("matrix", "any")] == ['{"include":[]}', "false"]


def test_a_matrix_has_no_more_jobs_than_github_runs() -> None:
    names = [f"t{number}" for number in range(MAX_JOBS + 1)]
    assert outputs(*names[1:])["any"] == "true"
    with pytest.raises(ConfigurationError, match="257 DAG types are affected"):
        outputs(*names)


@pytest.mark.parametrize(
    ("payload", "comment", "upload"),
    [
        ("", "false", "true"),
        (push("refs/heads/main"), "false", "true"),
        (manual("api"), "false", "true"),
        (pull_request(), "true", "true"),
        (pull_request({"full_name": "somebody/data"}), "false", "false"),
    ],
)
def test_a_fork_may_write_nothing(payload: str, comment: str, upload: str) -> None:
    values = outputs(payload=payload)
    assert (values["comment"], values["upload"]) == (comment, upload)


def test_a_plan_is_read_as_it_was_written() -> None:
    plan = JobPlan(found=selection("api", "dbt"), event=event.parse(pull_request()))
    assert JobPlan.model_validate_json(plan.as_json()) == plan


def test_types_without_a_result_have_the_mistakes_that_the_plan_knows() -> None:
    mistaken = selection("api", "dbt", because=reason(ReasonKind.WRONG, "images/dbt", how="a mistake"))
    affected = (*mistaken.affected, *selection("zoo").affected)
    plan = JobPlan(found=mistaken.model_copy(update={"affected": affected}))
    done = Publication(commit="", rows=(Row(dag="api", repository=""),))
    assert without_result(done, plan) == {"dbt": ("a mistake",), "zoo": ()}
    assert without_result(done, None) == {}


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (Row(dag="a", repository="r/a", digest="sha256:1"), "name=r/a\ndigest=sha256:1\n"),
        (Row(dag="a", repository="", digest="sha256:1"), NOTHING_PUSHED),
        (Row(dag="a", repository="r/a", problem="x"), NOTHING_PUSHED),
        (None, NOTHING_PUSHED),
    ],
)
def test_only_what_was_pushed_is_attested(row: Row | None, text: str) -> None:
    assert subject(row) == text


def test_names_of_files_are_one_line_of_json() -> None:
    assert files(["scan-2.sarif", "scan-1.sarif"]) == 'files=["scan-1.sarif", "scan-2.sarif"]\n'
