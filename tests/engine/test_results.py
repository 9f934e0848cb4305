"""What a report takes for results: files that jobs left, however deep, none of which contradicts another."""

import json

import dagger
import pytest
from dagger import dag

from ci import results
from ci.errors import ConfigurationError
from ci.github import outputs
from ci.publication import Publication, Row
from ci.results import Results
from tests.unit.test_github_outputs import found
from tests.unit.verdicts import judged, verdict, vulnerability

pytestmark = pytest.mark.anyio

LOCK = 'lock-version = "1.0"\n\n[[packages]]\nname = "isodate"\n'
PLAN = outputs.plan(found("api", "dbt"), None)


def result(name: str, commit: str = "c" * 40, **fields: object) -> str:
    """A published.json of one DAG type."""
    row = Row(dag=name, repository=f"r.example/{name}").model_copy(update=fields)
    return Publication(commit=commit, rows=(row,)).as_json()


async def of(files: dict[str, str], source: dagger.Directory | None = None) -> Results:
    """The results that these files are, by their paths."""
    folder = dag.directory()
    for path, text in files.items():
        folder = folder.with_new_file(path, text)
    return await results.read(folder, source or dag.directory())


async def test_the_files_of_all_jobs_are_one_result() -> None:
    told = await of(
        {
            "results--plan/plan.json": PLAN,
            "results-api/published.json": result("api"),
            "results-dbt/published.json": result("dbt"),
            "results-dbt/scan.json": "not ours",
        }
    )
    lines = told.gate().splitlines()
    assert [line.split()[0] for line in lines] == ["DAG", "api", "dbt"]


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"a/plan.json": PLAN, "plan.json": PLAN}, "--results: a/plan.json and plan.json: expected one plan"),
        ({"plan.json": "{}"}, "--results: "),
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
async def test_what_cannot_be_told_apart_is_refused(files: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        await of(files)
    (told,) = caught.value.problems
    assert told.startswith(problem)


async def test_sarif_comes_in_files_that_github_takes() -> None:
    files: dict[str, str] = {}
    for number in range(21):
        name = f"type-{number:02}"
        scans = tuple(
            verdict(judged(), dag=name, platform=platform) for platform in ("linux/amd64", "linux/arm64")
        )
        files[f"results-{name}/published.json"] = result(name, scans=scans)
    told = await of(files)
    folder = await told.sarif()
    assert sorted(await folder.entries()) == ["scan-1.sarif", "scan-2.sarif"]
    parts = [json.loads(await folder.file(name).contents())["runs"] for name in await folder.entries()]
    assert [len(part) for part in parts] == [20, 1]
    whole = json.loads(await (await told.scans()).contents())["runs"]
    assert [run["automationDetails"]["id"] for run in whole] == [f"trivy-type-{n:02}/" for n in range(21)]
    assert [run for part in parts for run in part] == whole


async def test_results_of_nothing_are_one_file_of_sarif() -> None:
    folder = await (await of({"plan.json": PLAN})).sarif()
    (name,) = await folder.entries()
    assert (name, json.loads(await folder.file(name).contents())["runs"]) == ("scan-1.sarif", [])


async def test_findings_are_shown_on_the_lines_of_the_locks_in_the_repository() -> None:
    scanned = verdict(judged(vulnerability(package="isodate"), added=True))
    files = {"published.json": result(scanned.dag, scans=(scanned,))}
    source = dag.directory().with_new_file(f"images/{scanned.dag}/pylock.toml", LOCK)
    told = await of(files, source)
    document = json.loads(await (await told.scans()).contents())
    (location,) = document["runs"][0]["results"][0]["locations"]
    physical = location["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == f"images/{scanned.dag}/pylock.toml"
    assert physical["region"]["startLine"] == 4
