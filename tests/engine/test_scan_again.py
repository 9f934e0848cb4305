"""What a scan asks for and runs again: nothing that it knows."""

import json
import uuid
from dataclasses import replace

import dagger
import pytest
from dagger import dag

from ci.checks.scan import database, detections, scan
from ci.checks.scan.database import DatabaseRequest
from ci.config import lockfile
from ci.config.policy import Policy
from ci.image import base, build
from ci.image.base import BaseImage
from ci.tools import containers, trivy
from tests.engine import advisories, registries
from tests.engine.advisories import TODAY, advisory, archive
from tests.engine.conftest import BASE_REFERENCE, repository
from tests.engine.histories import DAG, LOCK, PYPROJECT

pytestmark = pytest.mark.anyio

ADVISORIES = (advisory("zeep"),)


async def test_a_mirror_is_asked_once_an_hour_or_now(plain_registry: str, owner: str) -> None:
    await advisories.push(f"{plain_registry}/{owner}/db:2", archive(ADVISORIES))
    proxy = registries.host("mirror")
    place = f"{proxy}:{registries.PORT}"
    policy = Policy(plain_http=(place,))
    async with registries.running(registries.counting(proxy, plain_registry)):

        async def asked(hour: str, *, refresh: bool = False) -> int:
            """Return how many requests the mirror got."""
            mirrors = (f"{place}/{owner}/db:2",)
            request = DatabaseRequest(mirrors=mirrors, hour=hour, refresh=refresh)
            fetched = await database.fetch(request, policy, TODAY)
            assert fetched.info.checked is not None
            return sum((await registries.counts(place))["requests"].values())

        assert await asked("10") > 0
        assert await asked("10") == 0
        assert await asked("11") > 0
        assert await asked("11", refresh=True) > 0


async def test_secrets_of_a_base_are_read_once_unless_it_is_public(below: BaseImage) -> None:
    key = "AKIA" + "QRSTUVWXYZ234567"  # in two parts, so that nobody takes this file for a leak
    own = dag.container().with_new_file("/etc/own.py", f'KEY = "{key}"\n')
    image = own.with_new_file("/opt/dags/one.py", f'KEY = "{key}"\n')
    lowest, whole = (
        containers.tool_container()
        .with_mounted_file("/image.tar", one.as_tarball())
        .with_workdir("/layout")
        .with_exec(["tar", "--extract", "--file", "/image.tar"])
        .directory("/layout")
        for one in (own, image)
    )

    async def java() -> dagger.Directory:
        raise AssertionError("no Java here")

    async def places(*, secrets: bool) -> list[str]:
        """Return where secrets are in the image, and in what it is built on."""
        base_analysis = await trivy.read([lowest], java, secrets=secrets)
        analyses = (base_analysis, await trivy.read([whole], java, base_analysis))
        reports = [report for analysis in analyses for report in await trivy.files(analysis)]
        return [one.place for report in reports for one in detections.read(report) if one.kind == "secret"]

    assert await places(secrets=True) == ["/etc/own.py", "/etc/own.py", "/opt/dags/one.py"]
    assert await places(secrets=False) == ["/opt/dags/one.py"]
    assert below.public
    assert not replace(below, reference="registry.example/apache/airflow:3.1.5").public


async def test_an_edit_of_dags_is_one_more_run_of_trivy_and_an_unchanged_image_none() -> None:
    """A run of Trivy is known by what is new in it: an SBOM's number, a report's time."""
    files = {
        "images/one/pyproject.toml": PYPROJECT.format(name="one"),
        "images/one/pylock.toml": LOCK.format(base=lockfile.base_name(BASE_REFERENCE)),
    }

    async def runs(code: str) -> tuple[str, ...]:
        """Return what is new in the SBOM, licenses, secrets, misconfigurations, vulnerabilities."""
        sources = repository({**files, "dags/one/one_dag.py": DAG.format(name="one") + code})
        try:
            dag_type = (await sources.catalog()).get("one")
            base_image = await base.pinned(sources)
            request = DatabaseRequest(archive=archive(ADVISORIES))
            scanner = await scan.prepare(request, Policy(), base_image)
            built = await build.build(dag_type, sources, base_image)
            analysis = (await scan.scan(dag_type, built, scanner, sources)).analysis
            assert analysis is not None
            assert scanner.database is not None
            reports = [
                *await trivy.files(analysis),
                await trivy.vulnerabilities(analysis, scanner.database.folder),
            ]
            times = [str(json.loads(report)["CreatedAt"]) for report in reports]
            number = str(json.loads(await trivy.sbom(analysis))["serialNumber"])
            return (number, *times)
        finally:
            sources.close()

    edit = f"# {uuid.uuid4().hex}\n"
    first = await runs("")
    assert await runs("") == first
    edited = await runs(edit)
    assert not {*edited[:3]} & {*first[:3]}
    assert edited[3:] == first[3:]  # checks of configuration and advisories are asked nothing again
