"""A small repository is tested on another Airflow: every obstacle is a finding, and nothing is changed."""

import re
from pathlib import Path

import pytest
from packaging.version import Version

from ci.checks.report import Level, Report
from ci.checks.upgrade import upgrade
from ci.checks.upgrade.upgrade import UpgradeRequest
from ci.config import base as config_base
from ci.lock.airflow_version import upgraded
from ci.tools import containers
from ci.tools.checkout import Checkout
from tests.engine.conftest import BASE_FILE, BASE_REFERENCE, PROJECT, repository
from tests.engine.test_smoke import GOOD, PYPROJECT

pytestmark = pytest.mark.anyio

RELEASES = PROJECT / "airgap/standins/airflow/releases"
NEWEST = max((path.name for path in RELEASES.iterdir()), key=Version)
PRESENT = re.findall(r":([0-9.]+)", BASE_REFERENCE)[0]
OTHER = upgraded(BASE_REFERENCE, NEWEST)


def version_in(release: str, package: str) -> str:
    """Return the version of a package in the stand-in of a release."""
    text = (RELEASES / release / "requirements.txt").read_text(encoding="utf-8")
    return re.findall(rf"^{package}==(\S+)", text, flags=re.MULTILINE)[0]


def until(release: str) -> str:
    """Return the last day of the packages in its stand-in."""
    text = (RELEASES / release / "requirements.in").read_text(encoding="utf-8")
    return re.findall(r"--exclude-newer (\S+)", text)[0]


FILES = {
    "images/fine/pyproject.toml": PYPROJECT.format(name="fine"),
    "dags/fine/fine.py": GOOD.replace("'good'", "'fine'"),
    "images/tied/pyproject.toml": PYPROJECT.format(name="tied").replace(
        "[]", f'["pydantic=={version_in(PRESENT, "pydantic")}"]'
    ),
    "dags/tied/tied.py": GOOD.replace("'good'", "'tied'"),
}


async def try_upgrade(sources: Checkout, request: UpgradeRequest, *names: str) -> dict[str, Report]:
    """Return the reports on some types by name."""
    catalog = await sources.catalog()
    types = [catalog.get(name) for name in names]
    reports = await upgrade.upgrade_test(types, sources, request)
    return {report.subject: report for report in reports}


def written(root: Path) -> dict[str, str]:
    """Return the files of a folder."""
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


async def test_a_series_is_tested_at_its_newest_release_and_nothing_is_changed() -> None:
    assert version_in(PRESENT, "pydantic") != version_in(NEWEST, "pydantic")
    sources = repository(FILES)
    request = UpgradeRequest(airflow=f"{NEWEST.rpartition('.')[0]}.x", exclude_newer=until(NEWEST))
    reports = await try_upgrade(sources, request, "fine", "tied")
    assert not [one for one in reports["fine"].findings if one.level is Level.ERROR]
    assert {one.check: one.detail for one in reports["fine"].facts}["base"] == OTHER
    assert {one.check: one.detail for one in reports["tied"].facts}["base"] == OTHER
    (error,) = [one for one in reports["tied"].findings if one.level is Level.ERROR]
    assert (error.check, error.file) == ("lock", "images/tied/pyproject.toml")
    assert f"pydantic: the base has {version_in(NEWEST, 'pydantic')}" in error.cause
    assert written(await sources.exported()) == {config_base.FILE: BASE_FILE, **FILES}
    sources.close()


async def test_missing_ruff_is_a_warning() -> None:
    sources = repository(FILES)
    fine = (await sources.catalog()).get("fine")
    without = containers.tool_container().with_new_file(
        "/usr/local/bin/ruff", "#!/bin/sh\necho error sending request >&2\nexit 2\n", permissions=0o755
    )
    (warning,) = (await upgrade.air_rules(without, fine, sources)).findings
    assert (warning.check, warning.level) == ("ruff", Level.WARNING)
    assert warning.cause.startswith("could not run ruff: the package index doesn't answer")
    sources.close()
