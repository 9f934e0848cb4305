"""The files that jobs leave: joined unless one is invalid or contradicts another."""

import pytest

from ci.errors import ConfigurationError
from ci.pipeline import results
from ci.pipeline.github.outputs import JobPlan
from ci.publish.publication import Publication, Row

from ..selections import selection

PLAN = JobPlan(found=selection("api", "dbt")).as_json()


def result(name: str, commit: str = "c" * 40, **fields: object) -> str:
    row = Row(dag=name, repository=f"r.example/{name}").model_copy(update=fields)
    return Publication(commit=commit, rows=(row,)).as_json()


def test_the_files_of_all_jobs_are_joined() -> None:
    files = {"a/plan.json": PLAN, "b/published.json": result("dbt"), "c/published.json": result("api")}
    done, plan = results.parse(files)
    assert ([row.dag for row in done.rows], plan) == (["api", "dbt"], PLAN)
    done, plan = results.parse({})
    assert (done.rows, plan) == ((), "")


TWO_PLANS = {"a/plan.json": PLAN, "plan.json": PLAN}
TWO_RESULTS = {"b/published.json": result("api"), "c/published.json": result("api", problem="it fails")}
TWO_COMMITS = {"a/published.json": result("api"), "published.json": result("dbt", "d" * 40)}
ONE_PLAN = "a/plan.json and plan.json: expected one plan"
ONE_RESULT = "there are several results of api: expected one of each DAG type"


def test_every_invalid_file_is_refused() -> None:
    for files, problems in (
        (TWO_PLANS, [ONE_PLAN]),
        ({"plan.json": "{}"}, ["plan.json can't be read: found: Field required"]),
        (TWO_RESULTS, [ONE_RESULT]),
        (TWO_COMMITS, [f"the results are of different commits: {'c' * 40}, {'d' * 40}"]),
        (
            {**TWO_PLANS, "plan.json": "{}", "a/published.json": "[]", "published.json": "{", **TWO_RESULTS},
            [ONE_PLAN, "a/published.json can't", "plan.json can't", "published.json can't", ONE_RESULT],
        ),
    ):
        with pytest.raises(ConfigurationError) as caught:
            results.parse(files)
        for message, start in zip(caught.value.problems, problems, strict=True):
            assert message.startswith(f"--results: {start}")
