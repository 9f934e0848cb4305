"""Limits of time, which grow with what a process waits for others on a busy machine."""

import time
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from ci.checks.dags.programs import clock


@pytest.mark.parametrize(
    ("wall", "waited", "over"),
    [
        (50, 0, -10),
        (61, 0, 1),  # it sleeps
        (90, 40, -10),  # it waits for others
        (120, 40, 20),
        (181, 181, 1),  # however busy the machine is
    ],
)
def test_what_a_process_waits_for_a_cpu_does_not_count(
    monkeypatch: pytest.MonkeyPatch, wall: float, waited: float, over: float
) -> None:
    monkeypatch.setattr(clock, "waiting_time", MagicMock(return_value=waited))
    monkeypatch.setattr(time, "monotonic", MagicMock(return_value=1000))
    assert clock.overdue(1000 - wall, 60, 7) == over


def test_time_spent_waiting_is_none_where_the_kernel_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    assert clock.waiting_time() >= 0
    monkeypatch.setattr(Path, "read_text", MagicMock(return_value="what"))
    assert clock.waiting_time() == 0


def test_what_was_ended_says_what_it_computed_and_that_it_may_be_the_machine() -> None:
    text = "took more than 60 s (computed 2.5 s of 61 s): it hangs, or the machine is too busy"
    assert clock.took_too_long(60, 61.2, 2.5) == text
