"""Results of many DAG types, from the folder that their jobs left to the folder of their report."""

import json
from typing import Any

import pytest
from dagger import dag

from ci.api import results
from ci.pipeline.github.outputs import JobPlan
from ci.publish.publication import Publication, Row
from tests.unit.selections import selection
from tests.unit.verdicts import judged, verdict, vulnerability

pytestmark = pytest.mark.anyio

NAMES = [f"type-{number:02}" for number in range(21)]
LOCK = 'lock-version = "1.0"\n\n[[packages]]\nname = "isodate"\n'


def result(name: str) -> str:
    """Return a type's published.json, scanned on two platforms; the first one's own package is at fault."""
    fault = judged(vulnerability(package="isodate"), added=True) if name == NAMES[0] else judged()
    scans = tuple(verdict(fault, dag=name, platform=platform) for platform in ("linux/amd64", "linux/arm64"))
    row = Row(dag=name, repository=f"r.example/{name}", scans=scans)
    return Publication(commit="c" * 40, rows=(row,)).as_json()


async def test_the_files_of_all_jobs_are_one_report() -> None:
    folder = (
        dag.directory()
        .with_new_file("results--plan/plan.json", JobPlan(found=selection(*NAMES)).as_json())
        .with_new_file(f"results-{NAMES[0]}/scan.json", "not ours")
    )
    for name in NAMES:
        folder = folder.with_new_file(f"results-{name}/deep/published.json", result(name))
    source = dag.directory().with_new_file(f"images/{NAMES[0]}/pylock.toml", LOCK)
    done = await results.read(folder, source)
    assert [line.split()[0] for line in done.gate().splitlines()] == ["DAG", *NAMES]

    files = await done.files()

    async def runs(name: str) -> list[dict[str, Any]]:
        return json.loads(await files.file(name).contents())["runs"]

    whole = await runs("scan.sarif")
    assert [run["automationDetails"]["id"] for run in whole] == [f"trivy-{name}/" for name in NAMES]
    assert [await runs(f"sarif/scan-{number}.sarif") for number in (1, 2)] == [whole[:20], whole[20:]]

    (location,) = whole[0]["results"][0]["locations"]
    physical = location["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == f"images/{NAMES[0]}/pylock.toml"
    assert physical["region"]["startLine"] == 4
