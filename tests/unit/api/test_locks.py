"""Locks of several DAG types, of which some can't be made."""

import asyncio
from pathlib import Path
from typing import cast

import pytest

from ci.api import locks
from ci.errors import ConfigurationError, Fault, StepError
from ci.tools.checkout import Checkout

NO_WHEEL, NO_TYPE = (
    StepError(["images/b: no wheel"]),
    ConfigurationError(["images/c: no Python", "images/c: x"]),
)


class Files:
    """A checkout with locks of the types a and d."""

    async def text(self, path: str) -> str | None:
        """Return a lock."""
        return {"a": "old", "d": "same"}.get(Path(path).parent.name)


@pytest.fixture(autouse=True)
def without_the_cli(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the output be printed, not sent to the CLI that runs the tests."""
    monkeypatch.delenv("BAGGAGE", raising=False)


def kept(made: dict[str, str | Fault]) -> dict[str, str]:
    return asyncio.run(locks.kept(made, cast("Checkout", Files())))


def test_what_can_be_locked_is_kept_and_the_rest_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    made = kept({"a": "new", "b": NO_WHEEL, "d": "same", "c": NO_TYPE})
    assert made == {"images/a/pylock.toml": "new", "images/d/pylock.toml": "same"}
    shown = capsys.readouterr().out
    assert shown.startswith("NOT LOCKED: b, c (2 of 4 DAG types)")
    assert all(problem in shown for fault in (NO_WHEEL, NO_TYPE) for problem in fault.problems)


@pytest.mark.parametrize(
    "made", [{"b": NO_WHEEL}, {"b": NO_WHEEL, "c": NO_TYPE}, {"b": NO_WHEEL, "d": "same"}]
)
def test_where_no_lock_changes_the_call_fails_with_every_problem(made: dict[str, str | Fault]) -> None:
    with pytest.raises(StepError) as caught:
        kept(made)
    faults = [lock for lock in made.values() if isinstance(lock, Fault)]
    assert caught.value.problems == tuple(problem for fault in faults for problem in fault.problems)


def test_nothing_is_told_where_all_are_locked(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(kept({"a": "new", "d": "same"})) == 2
    assert capsys.readouterr().out == ""
