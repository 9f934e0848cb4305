"""What all tests of pure logic share: a repository to fill, and how many examples a property gets."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from .repository import Repository

# Often enough to find what is wrong, few enough for all of them to take seconds; nothing is kept of a run.
settings.register_profile(
    "unit",
    max_examples=60,
    deadline=None,
    database=None,
    # A fixture that holds nothing may be shared by all examples. How long the first examples take tells of
    # the machine: hypothesis reads all of ci/ for them where it keeps nothing.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("unit")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Give a repository without any DAG type."""
    for tree in ("images", "dags", "scripts"):
        (tmp_path / tree).mkdir()
    return Repository(tmp_path)
