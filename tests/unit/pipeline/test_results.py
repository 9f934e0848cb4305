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


TWO_PLANS = "a/plan.json and plan.json: expected one plan"
TWO_RESULTS = "there are several results of api: expected one of each DAG type"
TWO_COMMITS = f"the results are of different commits: {'c' * 40}, {'d' * 40}"
SAME = {"b/published.json": result("api"), "c/published.json": result("api", problem="it fails")}


@pytest.mark.parametrize(
    ("files", "problems"),
    [
        ({"a/plan.json": PLAN, "plan.json": PLAN}, [TWO_PLANS]),
        ({"plan.json": "{}"}, ["plan.json can't be read: found: Field required"]),
        ({"a/published.json": "[]"}, ["a/published.json can't be read: "]),
        (SAME, [TWO_RESULTS]),
        ({"a/published.json": result("api"), "published.json": result("dbt", "d" * 40)}, [TWO_COMMITS]),
        (
            {"a/plan.json": PLAN, "plan.json": "{}", "a/published.json": "[]", "published.json": "{", **SAME},
            [TWO_PLANS, "a/published.json can't", "plan.json can't", "published.json can't", TWO_RESULTS],
        ),
    ],
    ids=[
        "two plans",
        "invalid plan",
        "invalid result",
        "two results of a type",
        "two commits",
        "all at once",
    ],
)
def test_every_invalid_file_is_refused(files: dict[str, str], problems: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        results.parse(files)
    starts = [f"--results: {problem}" for problem in problems]
    assert [
        message[: len(start)] for message, start in zip(caught.value.problems, starts, strict=True)
    ] == starts
