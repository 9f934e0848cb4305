"""The tests of an image's environment find what would fail in a pod, whatever its DAGs."""

import pytest

from ci.checks.dags import suite
from ci.checks.dags.suite import ImageEnvironment, ImageResults, TypeFiles
from ci.checks.report import Report
from ci.config import lockfile
from ci.config.catalog import Catalog
from ci.image import build
from ci.image.base import BaseImage
from ci.image.built import BuiltImage
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


async def plain(below: BaseImage) -> BuiltImage:
    """Return the image of a type with one sound DAG and no dependencies."""
    sources = repository(await with_locks(FILES, below))
    return await build.build((await sources.catalog()).get("plain"), sources, below)


async def report_on(
    built: BuiltImage, below: BaseImage, worker: ImageEnvironment, environment: ImageEnvironment
) -> Report:
    """Return the report on one type, without regard to other types."""
    files = [TypeFiles(dag_type=built.dag_type, files=built.files)]
    scheduler = await suite.parse("scheduler", await ImageEnvironment.of_base(below, [built.dag_type]), files)
    results = ImageResults(
        dag_type=built.dag_type,
        worker=(await suite.parse("worker", worker, files))["plain"],
        results=(await suite.check_environment(environment, "environment of plain"),),
    )
    return suite.complete(results, scheduler)


async def test_sound_image_passes_with_all_that_was_checked(below: BaseImage) -> None:
    built = await plain(below)
    environment = await ImageEnvironment.of(built)
    report = await report_on(built, below, environment, environment)
    assert (report.passed, report.findings) == (True, ())
    assert [fact.check for fact in report.facts] == [
        "dags",
        "entrypoint",
        "entrypoint",
        "packages",
    ]


async def test_broken_image_has_a_finding_for_everything_that_is_broken(below: BaseImage) -> None:
    built = await plain(below)
    without_httpcore = ["sh", "-c", "rm -r /home/airflow/.local/lib/python3*/site-packages/httpcore*"]
    # Its DAGs are parsed by an Airflow that doesn't start.
    no_bundle = below.container.with_env_variable("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", "[]")
    broken = below.container.with_exec(without_httpcore).with_entrypoint(["/bin/false"])
    report = await report_on(
        built,
        below,
        ImageEnvironment(name="no bundle", container=no_bundle),
        ImageEnvironment(name="broken", container=broken),
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
