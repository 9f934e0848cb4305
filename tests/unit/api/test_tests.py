"""Reports on DAG types of which some can't be built."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from ci.api import tests
from ci.checks.report import Report
from ci.config import catalog
from ci.config.dag_type import DagType
from ci.tools.checkout import Checkout

from ..repository import Repository


class Files(Checkout):
    """A checkout of files on this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def catalog(self) -> catalog.Catalog:
        """Return the DAG types in the files."""
        return catalog.load(self.root)


def reports(repository: Repository, name: str, monkeypatch: pytest.MonkeyPatch) -> list[Report]:
    """Return the reports, where the types that are tested pass."""

    async def passed(types: Sequence[DagType], *_: object) -> list[Report]:
        return [Report(subject=one.name) for one in types]

    async def pinned(_: object) -> None:
        return None

    monkeypatch.setattr(tests.all_types, "test_all", passed)
    monkeypatch.setattr(tests.base, "pinned", pinned)
    return asyncio.run(tests.test(Files(repository.root), name))


def test_a_type_that_cannot_be_built_has_a_failed_report_beside_the_others(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("api", "broken", "crm", "leaky"):
        repository.add(name)
    repository.write("images/broken/pyproject.toml", "[project")
    repository.write("dags/leaky/.env", "A=b")
    found = reports(repository, "", monkeypatch)
    assert [(one.subject, one.passed) for one in found] == [
        ("api", True),
        ("broken", False),
        ("crm", True),
        ("leaky", False),
    ]
    assert "invalid TOML" in found[1].findings[0].cause
    assert "looks like a secret" in found[3].findings[0].cause
    assert [one.passed for one in reports(repository, "broken", monkeypatch)] == [False]
