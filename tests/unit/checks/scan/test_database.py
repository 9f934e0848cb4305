"""What is told where no vulnerability database can be fetched."""

import asyncio
from datetime import UTC, datetime

import pytest

from ci.checks.scan import database
from ci.checks.scan.database import DatabaseRequest
from ci.config.policy import Policy
from ci.errors import StepError
from ci.publish.gate import not_scanned

FLAGS = ("--database", "--database-file", "images/policy.toml")


def test_one_line_says_what_to_do_and_details_are_below(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(mirror: object, *_: object) -> StepError:
        return StepError([f"{mirror}: no answer\nsee the output"])

    monkeypatch.setattr(database, "_try_mirror", fails)
    request = DatabaseRequest(mirrors=("r.io/a:1", "r.io/b:1"))
    with pytest.raises(StepError) as caught:
        asyncio.run(database.fetch(request, Policy(), datetime.now(UTC)))
    (problem,) = caught.value.problems
    first, *details = problem.splitlines()
    assert all(flag in first for flag in FLAGS)
    assert details == [
        "  r.io/a:1: no answer",
        "  see the output",
        "  r.io/b:1: no answer",
        "  see the output",
    ]
    first, *details = not_scanned(problem).splitlines()
    assert all(flag in first for flag in (*FLAGS, "--allow-unscanned"))
    assert details == [f"  {line}" for line in problem.splitlines()]
