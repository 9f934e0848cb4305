"""Jobs run together, at once or one by one: results in order, every fault told, a bug kept as it is."""

import asyncio
from collections.abc import Callable

import pytest

from ci.errors import ConfigurationError, StepError, Unreachable, collect, gather_all


async def gives(value: int) -> int:
    await asyncio.sleep(0.001 * (3 - value))  # the last is done first
    return value


async def fails(error: Exception) -> int:
    raise error


def test_results_keep_the_order_of_their_jobs() -> None:
    assert asyncio.run(gather_all([gives(1), gives(2), gives(3)])) == [1, 2, 3]


def test_every_fault_is_told() -> None:
    jobs = [fails(ConfigurationError(["one", "two"])), gives(1), fails(StepError(["three"]))]
    with pytest.raises(StepError) as caught:
        asyncio.run(gather_all(jobs))
    assert caught.value.problems == ("one", "two", "three")


def test_an_unreachable_service_is_still_known_as_such() -> None:
    with pytest.raises(Unreachable, match="no answer"):
        asyncio.run(gather_all([fails(StepError(["one"])), fails(Unreachable(["no answer"]))]))


def test_what_is_no_fault_is_raised_as_it_is() -> None:
    with pytest.raises(KeyError, match="bug"):
        asyncio.run(gather_all([gives(1), fails(KeyError("bug"))]))


def faulty(*problems: str) -> int:
    raise ConfigurationError(problems)


def test_collected_results_keep_the_order_of_their_jobs() -> None:
    assert collect([lambda: 3, lambda: 1, lambda: 2]) == [3, 1, 2]
    assert collect(list[Callable[[], int]]()) == []


def test_collected_faults_are_all_told_and_each_once() -> None:
    jobs = [
        lambda: faulty("one", "two"),
        lambda: 1,
        lambda: faulty("two", "three"),
        lambda: faulty("one"),
    ]
    with pytest.raises(ConfigurationError) as caught:
        collect(jobs)
    assert caught.value.problems == ("one", "two", "three")


def test_after_a_fault_the_other_jobs_are_done_too() -> None:
    done: list[str] = []
    with pytest.raises(ConfigurationError):
        collect([lambda: done.append("a"), lambda: done.append(str(faulty("no"))), lambda: done.append("b")])
    assert done == ["a", "b"]


def test_what_is_no_fault_ends_the_collecting() -> None:
    done: list[str] = []
    with pytest.raises(ZeroDivisionError):
        collect([lambda: done.append(str(1 // 0)), lambda: done.append("b")])
    assert done == []
