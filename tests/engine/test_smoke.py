"""The tests of an image's environment find what would fail in a pod, whatever its DAGs."""

from dataclasses import replace

import dagger
import pytest

from ci import image, lockfile
from ci.base import BaseImage
from ci.catalog import Catalog
from ci.report import Report
from ci.testing import suite
from ci.testing.suite import Subject
from tests.engine.conftest import repository

pytestmark = pytest.mark.anyio

PYPROJECT = '[project]\nname = "{name}"\nversion = "1"\ndependencies = []\n'
GOOD = "from airflow.sdk import DAG\n\nwith DAG('good'):\n    pass\n"
FILES = {"images/plain/pyproject.toml": PYPROJECT.format(name="plain"), "dags/plain/good.py": GOOD}


async def with_locks(files: dict[str, str], below: BaseImage) -> dict[str, str]:
    """The files with an empty lock for every type."""
    found: Catalog = await repository(files).catalog()
    empty = 'lock-version = "1.0"\ncreated-by = "uv"\n'
    locks = {
        f"images/{each.name}/{lockfile.NAME}": lockfile.stamp(
            each, lockfile.base_name(below.reference), empty
        )
        for each in found.all()
    }
    return {**files, **locks}


async def plain(below: BaseImage) -> Subject:
    """A type with one sound DAG and no dependencies."""
    sources = repository(await with_locks(FILES, below))
    return (await image.build((await sources.catalog()).get("plain"), sources, below)).subject()


async def report(below: BaseImage, container: dagger.Container) -> Report:
    """The report on that type, in a container in the place of its image."""
    return await suite.run(replace(await plain(below), container=container, foundation=container), {})


async def test_a_sound_image_passes_with_all_that_was_checked(below: BaseImage) -> None:
    found = await suite.run(await plain(below), {})
    assert (found.passed, found.findings) == (True, ())
    assert [each.check for each in found.facts] == ["dags", "entrypoint", "entrypoint", "imports", "packages"]


async def test_a_dependency_that_is_not_installed_is_told(below: BaseImage) -> None:
    subject = await plain(below)
    project = subject.dag_type.project.model_copy(update={"dependencies": ("no-such-package==1.0",)})
    dag_type = subject.dag_type.model_copy(update={"project": project})
    found = await suite.run(replace(subject, dag_type=dag_type), {})
    assert [(each.check, each.cause) for each in found.findings] == [
        ("imports", "no-such-package==1.0: is not installed")
    ]


async def test_a_base_whose_environment_conflicts_is_told(below: BaseImage) -> None:
    broken = below.container.with_exec(
        ["sh", "-c", "rm -r /home/airflow/.local/lib/python3*/site-packages/httpcore*"]
    )
    found = await report(below, broken)
    assert any(each.check == "packages" and "httpcore" in each.cause for each in found.findings)


async def test_a_replaced_entrypoint_is_told(below: BaseImage) -> None:
    found = await report(below, below.container.with_entrypoint(["/bin/false"]))
    assert len([each for each in found.findings if each.check == "entrypoint"]) == 4


async def test_an_image_whose_airflow_does_not_start_is_told_in_one_finding(below: BaseImage) -> None:
    broken = below.container.with_env_variable("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", "[]")
    (cause,) = [each.cause for each in (await report(below, broken)).findings if each.check == "dags"]
    assert "Requested bundle 'dags-folder' is not configured" in cause
