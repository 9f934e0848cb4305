"""Another Airflow is tried on a small repository: what stands against it is told, and nothing is changed."""

import re
from pathlib import Path

import pytest
from packaging.version import Version

from ci.checks.report import Level, Report
from ci.checks.upgrade import upgrade
from ci.checks.upgrade.upgrade import UpgradeRequest
from ci.config import pins
from ci.lock.airflow_version import upgraded
from ci.tools import containers
from ci.tools.checkout import Checkout
from tests.engine.conftest import PROJECT, repository
from tests.engine.test_smoke import GOOD, PYPROJECT

pytestmark = pytest.mark.anyio

RELEASES = PROJECT / "airgap/standins/airflow/releases"
NEWEST = max((path.name for path in RELEASES.iterdir()), key=Version)
PINNED = re.findall(r":([0-9.]+)", pins.image("airflow"))[0]
BASE = upgraded(pins.image("airflow"), NEWEST)


def held(release: str, package: str) -> str:
    """The version of a package that the stand-in of a release has."""
    text = (RELEASES / release / "requirements.txt").read_text(encoding="utf-8")
    return re.findall(rf"^{package}==(\S+)", text, flags=re.MULTILINE)[0]


def until(release: str) -> str:
    """The day beyond which its stand-in has nothing."""
    text = (RELEASES / release / "requirements.in").read_text(encoding="utf-8")
    return re.findall(r"--exclude-newer (\S+)", text)[0]


FILES = {
    "images/fine/pyproject.toml": PYPROJECT.format(name="fine"),
    "dags/fine/fine.py": GOOD.replace("'good'", "'fine'"),
    "images/tied/pyproject.toml": PYPROJECT.format(name="tied").replace(
        "[]", f'["pydantic=={held(PINNED, "pydantic")}"]'
    ),
    "dags/tied/tied.py": GOOD.replace("'good'", "'tied'"),
}


async def tried(sources: Checkout, asked: UpgradeRequest, *names: str) -> dict[str, Report]:
    """The reports on the types of these names."""
    catalog = await sources.catalog()
    types = [catalog.get(name) for name in names]
    found = await upgrade.upgrade_test(types, sources, asked)
    return {each.subject: each for each in found}


def written(root: Path) -> dict[str, str]:
    """The files of a folder."""
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


async def test_series_is_tried_at_its_newest_release_with_each_obstacle_and_nothing_is_changed() -> None:
    assert held(PINNED, "pydantic") != held(NEWEST, "pydantic")
    sources = repository(FILES)
    asked = UpgradeRequest(airflow=f"{NEWEST.rpartition('.')[0]}.x", exclude_newer=until(NEWEST))
    found = await tried(sources, asked, "fine", "tied")
    assert not [each for each in found["fine"].findings if each.level is Level.ERROR]
    assert {each.check: each.detail for each in found["fine"].facts}["base"] == BASE
    assert {each.check: each.detail for each in found["tied"].facts}["base"] == BASE
    (error,) = [each for each in found["tied"].findings if each.level is Level.ERROR]
    assert (error.check, error.file) == ("lock", "images/tied/pyproject.toml")
    assert f"pydantic: the base has {held(NEWEST, 'pydantic')}" in error.cause
    assert written(await sources.exported()) == FILES
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
