"""What can't be tried or moved to: refused before the engine is asked, or by what uv really said."""

import pytest
from dagger import dag

from ci.checks.upgrade import upgrade as upgrade_upgrade
from ci.checks.upgrade.upgrade import UpgradeRequest
from ci.config import pins
from ci.errors import ConfigurationError, Unreachable
from ci.lock import bump, newest
from ci.lock.airflow_version import upgraded
from ci.tools.checkout import Checkout

from ...engine_errors import exec_error

SERIES = (
    "error: No solution found when resolving dependencies\n"
    "  cause: Because only apache-airflow<=3.4.0b2 is available and you require apache-airflow==3.99.*, "
    "we can conclude that your requirements are unsatisfiable."
)
DAY = (
    "error: No solution found when resolving dependencies\n"
    "  cause: Because only apache-airflow<=1.10.7 is available and you require apache-airflow==3.1.*, "
    "we can conclude that your requirements are unsatisfiable.\n\n"
    "hint: `apache-airflow` was filtered by `exclude-newer` to only include packages uploaded before "
    "2020-01-02T00:00:00Z."
)
NO_RELEASE = "--airflow 3.99.x: the package index has no such release"
NO_ANSWER = "  cause: error sending request for url (http://127.0.0.1:9/simple/apache-airflow/)"


class Repository(Checkout):
    """A repository of a base alone, which needs no engine."""

    async def base_reference(self) -> str:
        """Return the base."""
        return pins.default_base()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_series_without_a_release_is_told_from_an_index_that_does_not_answer() -> None:
    refusals = [
        newest.refusal("3.99", day, exec_error(text)) for day, text in (("", SERIES), ("2020-01-01", DAY))
    ]
    assert [(type(each), each.problems) for each in refusals] == [
        (ConfigurationError, (f"{NO_RELEASE}{until}: choose another version",))
        for until in ("", " up to 2020-01-01")
    ]
    unreachable = newest.refusal("3.99", "", exec_error(NO_ANSWER, code=2))
    assert type(unreachable) is Unreachable
    (problem,) = unreachable.problems
    assert problem == (
        "--airflow 3.99.x: could not look up its newest release: the package index doesn't answer: "
        f"check network and proxy, then try again\n    {NO_ANSWER.strip()}"
    )


@pytest.mark.anyio
async def test_version_and_day_are_checked_before_anything_is_done() -> None:
    sources = Checkout(dag.directory())
    for airflow, day, problem in (
        ("3.x.1", "", "--airflow '3.x.1': invalid version"),
        ("newest", "", "--airflow 'newest': invalid version"),
        ("3.99.x", "now", "--exclude-newer 'now': invalid date"),
        ("", "now", "--exclude-newer 'now': invalid date"),
    ):
        with pytest.raises(ConfigurationError, match=problem):
            await bump.bump(sources, bump.BumpRequest(airflow=airflow, exclude_newer=day))
        if airflow:
            asked = UpgradeRequest(airflow=airflow, exclude_newer=day)
            with pytest.raises(ConfigurationError, match=problem):
                await upgrade_upgrade.upgrade_test([], sources, asked)


@pytest.mark.anyio
async def test_release_or_base_that_is_named_needs_no_index() -> None:
    sources = Repository(dag.directory())
    version = await upgrade_upgrade.base_of(UpgradeRequest(airflow=" 3.3.2 "), sources)
    assert version == upgraded(pins.default_base(), "3.3.2")
    named = UpgradeRequest(base="registry.example/base:1")
    assert await upgrade_upgrade.base_of(named, sources) == named.base


def test_every_package_is_tried_at_its_newest_whatever_day_the_type_has() -> None:
    upgrade = UpgradeRequest(airflow="3.3.2").upgrade
    assert (upgrade.everything, upgrade.exclude_newer) == (True, "2999-12-31")
    assert UpgradeRequest(airflow="3.3.2", exclude_newer="2026-05-01").upgrade.exclude_newer == "2026-05-01"
