"""The tests of an image's environment find what would fail in a pod, whatever its DAGs."""

from dataclasses import replace

import pytest

from ci.checks.dags import suite
from ci.checks.dags.suite import ImageUnderTest
from ci.checks.report import Report
from ci.config import lockfile
from ci.config.catalog import Catalog
from ci.image import build
from ci.image.base import BaseImage
from tests.engine.conftest import repository

pytestmark = pytest.mark.anyio

PYPROJECT = '[project]\nname = "{name}"\nversion = "1"\ndependencies = []\n'
GOOD = "from airflow.sdk import DAG\n\nwith DAG('good'):\n    pass\n"
FILES = {"images/plain/pyproject.toml": PYPROJECT.format(name="plain"), "dags/plain/good.py": GOOD}


async def with_locks(files: dict[str, str], below: BaseImage) -> dict[str, str]:
    """Return the files with an empty lock for every type."""
    catalog: Catalog = await repository(files).catalog()
    empty = 'lock-version = "1.0"\ncreated-by = "uv"\n'
    locks = {
        f"images/{dag_type.name}/{lockfile.NAME}": lockfile.stamp(
            dag_type, lockfile.base_name(below.reference), empty
        )
        for dag_type in catalog.all()
    }
    return {**files, **locks}


async def plain(below: BaseImage) -> ImageUnderTest:
    """Return the image of a type with one sound DAG and no dependencies."""
    sources = repository(await with_locks(FILES, below))
    return ImageUnderTest.of(await build.build((await sources.catalog()).get("plain"), sources, below))


async def report_on(image: ImageUnderTest) -> Report:
    """Return the report on one type, without regard to other types."""
    scheduler = await suite.parse_as_scheduler(image.dag_type, image.dags, image.base)
    return suite.complete(await suite.test_image(image), {image.dag_type.name: scheduler})


async def test_sound_image_passes_with_all_that_was_checked(below: BaseImage) -> None:
    report = await report_on(await plain(below))
    assert (report.passed, report.findings) == (True, ())
    assert [fact.check for fact in report.facts] == [
        "dags",
        "entrypoint",
        "entrypoint",
        "packages",
    ]


async def test_broken_image_has_a_finding_for_everything_that_is_broken(below: BaseImage) -> None:
    image = await plain(below)
    without_httpcore = ["sh", "-c", "rm -r /home/airflow/.local/lib/python3*/site-packages/httpcore*"]
    report = await report_on(
        replace(
            image,
            # Its DAGs are parsed by an Airflow that doesn't start; all else is of the image below them.
            container=below.container.with_env_variable(
                "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", "[]"
            ),
            without_dags=below.container.with_exec(without_httpcore).with_entrypoint(["/bin/false"]),
        )
    )
    causes = sorted((finding.check, finding.cause) for finding in report.findings)
    assert [check for check, _ in causes] == [
        "dags",
        *["entrypoint"] * 4,
        *["packages"] * (len(causes) - 5),
    ]
    assert "Requested bundle 'dags-folder' is not configured" in causes[0][1]
    assert any("httpcore" in cause for check, cause in causes if check == "packages")
    assert not report.passed
