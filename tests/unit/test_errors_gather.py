"""Several jobs, at the same time or one by one: ordered results, all faults reported, bugs unchanged."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from ci.errors import (
    ConfigurationError,
    StepError,
    Unreachable,
    collect,
    gather_all,
    gather_both,
    gather_each,
)

from .refusals import refusal


async def gives(value: int) -> int:
    await asyncio.sleep(0.001 * (3 - value))  # the last ends first
    return value


async def fails(error: Exception) -> int:
    raise error


def test_results_keep_the_order_of_their_jobs() -> None:
    async def text() -> str:
        return "a"

    assert asyncio.run(gather_all([gives(1), gives(2), gives(3)])) == [1, 2, 3]
    assert asyncio.run(gather_both(gives(1), text())) == (1, "a")


async def fails_late() -> int:
    await asyncio.sleep(0.001)
    raise ConfigurationError(["a", "b"])


@pytest.mark.parametrize(
    ("jobs", "kind", "problems"),
    [
        (lambda: gather_all([fails_late(), gives(1), fails(StepError(["c"]))]), StepError, ("a", "b", "c")),
        (lambda: gather_both(fails(StepError(["a"])), fails(StepError(["b"]))), StepError, ("a", "b")),
        (lambda: gather_all([fails(StepError(["a"])), fails(Unreachable(["b"]))]), Unreachable, ("a", "b")),
    ],
)
def test_all_faults_are_reported_in_the_order_of_their_jobs(
    jobs: Callable[[], Coroutine[Any, Any, object]], kind: type[StepError], problems: tuple[str, ...]
) -> None:
    with pytest.raises(kind) as caught:
        asyncio.run(jobs())
    assert caught.value.problems == problems


def test_each_job_has_its_result_or_its_fault() -> None:
    fault = StepError(["a"])
    assert asyncio.run(gather_each([gives(1), fails(fault), gives(2)])) == [1, fault, 2]

    async def gives_fault() -> StepError:
        return fault

    assert asyncio.run(gather_all([gives_fault()])) == [fault]  # a result like any other


@pytest.mark.parametrize(
    ("error", "ended"),
    [(StepError(["one"]), ["slow"]), (KeyError("bug"), ["cancelled"])],
)
def test_a_bug_cancels_the_other_jobs_and_a_fault_does_not(error: Exception, ended: list[str]) -> None:
    events: list[str] = []

    async def slow() -> int:
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            events.append("cancelled")
            raise
        events.append("slow")
        return 1

    async def run() -> None:
        with pytest.raises(type(error)):
            await gather_all([slow(), fails(error)])
        assert events == ended  # no job is left running

    asyncio.run(run())


def faulty(*problems: str) -> int:
    raise ConfigurationError(problems)


def test_collected_results_keep_the_order_of_their_jobs() -> None:
    assert collect([lambda: 3, lambda: 1, lambda: 2]) == [3, 1, 2]
    assert collect(list[Callable[[], int]]()) == []


def test_all_collected_faults_are_reported_once_and_a_bug_ends_the_collecting() -> None:
    done: list[str] = []
    jobs = [
        *(lambda: faulty("one", "two"), lambda: faulty("two", "three"), lambda: faulty("one")),
        lambda: done.append("a"),
    ]
    assert refusal(collect, jobs) == ("one", "two", "three")
    assert done == ["a"]
    with pytest.raises(ZeroDivisionError):
        collect([lambda: done.append(str(1 // 0)), lambda: done.append("b")])
    assert done == ["a"]
