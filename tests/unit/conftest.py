"""What all tests of pure logic share: a repository to fill, and how many examples a property gets."""

import gc
import sys
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from . import iri_syntax
from .repository import Repository

# What is imported and collected lives to the end: looking for garbage in it takes a fifth of the time.
gc.disable()
# Before jsonschema is imported, which asks for it.
sys.modules["rfc3987_syntax"] = iri_syntax

# Often enough to find what is wrong, few enough for all of them to take seconds; nothing is kept of a run.
settings.register_profile(
    "unit",
    max_examples=20,
    deadline=None,
    database=None,
    # A fixture that holds nothing may be shared by all examples. How long the first examples take tells of
    # the machine: hypothesis reads all of ci/ for them where it keeps nothing.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("unit")


def pytest_collection_finish() -> None:
    """Look for the garbage of tests alone."""
    gc.freeze()
    gc.enable()


_NUMBERS = count()


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an empty folder; pytest's own looks at all earlier ones for a name that is free."""
    folder = tmp_path_factory.getbasetemp() / f"{next(_NUMBERS)}"
    folder.mkdir()
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Give a repository without any DAG type."""
    for tree in ("images", "dags", "scripts"):
        (tmp_path / tree).mkdir()
    return Repository(tmp_path)
