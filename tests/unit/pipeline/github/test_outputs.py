"""What jobs pass to each other: the matrix and its conditions, the plan as a file, the subject to attest."""

import json

from ci.pipeline import event
from ci.pipeline.github.outputs import JobPlan, jobs, subject, without_result
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


def test_a_fork_may_write_nothing() -> None:
    ours = {"": "false", push("refs/heads/main"): "false", manual("api"): "false", pull_request(): "true"}
    expected = {text: (comment, "true") for text, comment in ours.items()}
    expected[pull_request({"full_name": "somebody/data"})] = ("false", "false")
    told = {text: outputs(payload=text) for text in expected}
    assert {text: (values["comment"], values["upload"]) for text, values in told.items()} == expected


def test_types_without_a_result_have_the_mistakes_that_the_plan_knows() -> None:
    mistaken = selection("api", "dbt", because=reason(ReasonKind.WRONG, "images/dbt", how="a mistake"))
    affected = (*mistaken.affected, *selection("zoo").affected)
    plan = JobPlan(found=mistaken.model_copy(update={"affected": affected}))
    done = Publication(commit="", rows=(Row(dag="api", repository=""),))
    assert without_result(done, plan) == {"dbt": ("a mistake",), "zoo": ()}
    assert without_result(done, None) == {}


def test_only_what_was_pushed_is_attested() -> None:
    pushed = Row(dag="a", repository="r/a", digest="sha256:1")
    assert subject(pushed) == "name=r/a\ndigest=sha256:1\n"
    for changes in ({"repository": ""}, {"digest": "", "problem": "x"}):
        assert subject(pushed.model_copy(update=changes)) == NOTHING_PUSHED
    assert subject(None) == NOTHING_PUSHED
