"""Which files the last job takes for results, however deep: none of them may contradict another."""

import pytest

from ci.errors import ConfigurationError
from ci.pipeline import results
from ci.pipeline.github.outputs import JobPlan
from ci.publish.publication import Publication, Row

from .github.test_outputs import selection

PLAN = JobPlan(found=selection("api", "dbt")).as_json()


def result(name: str, commit: str = "c" * 40, **fields: object) -> str:
    row = Row(dag=name, repository=f"r.example/{name}").model_copy(update=fields)
    return Publication(commit=commit, rows=(row,)).as_json()


def test_the_files_of_all_jobs_are_one_result() -> None:
    texts = {
        "results--plan/plan.json": PLAN,
        "results-dbt/published.json": result("dbt"),
        "results-api/published.json": result("api"),
    }
    done, plan = results.parse(texts)
    assert ([row.dag for row in done.rows], plan) == (["api", "dbt"], PLAN)


def test_no_files_are_results_of_nothing() -> None:
    done, plan = results.parse({})
    assert (done.rows, plan) == ((), "")


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"a/plan.json": PLAN, "plan.json": PLAN}, "--results: a/plan.json and plan.json: expected one plan"),
        ({"plan.json": "{}"}, "--results: plan.json can't be read: found: Field required"),
        ({"a/published.json": "[]"}, "--results: a/published.json can't be read: "),
        (
            {"a/published.json": result("api"), "published.json": result("api", problem="it fails")},
            "--results: there are several results of api: expected one of each DAG type",
        ),
        (
            {"a/published.json": result("api"), "published.json": result("dbt", "d" * 40)},
            f"--results: the results are of different commits: {'c' * 40}, {'d' * 40}",
        ),
    ],
    ids=["two plans", "no plan of ours", "no result of ours", "two results of a type", "two commits"],
)
def test_what_cannot_be_told_apart_is_refused(files: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        results.parse(files)
    (told,) = caught.value.problems
    assert told.startswith(problem)


def test_every_file_that_is_wrong_is_told() -> None:
    files = {"a/plan.json": PLAN, "plan.json": "{}", "a/published.json": "[]", "published.json": "{"}
    files |= {"b/published.json": result("api"), "c/published.json": result("api")}
    with pytest.raises(ConfigurationError) as caught:
        results.parse(files)
    assert [told.partition(" can't")[0] for told in caught.value.problems] == [
        "--results: a/plan.json and plan.json: expected one plan",
        "--results: a/published.json",
        "--results: plan.json",
        "--results: published.json",
        "--results: there are several results of api: expected one of each DAG type",
    ]
