"""Several jobs, at the same time or one by one: ordered results, all faults reported, bugs unchanged."""

import asyncio
from collections.abc import Callable

import pytest

from ci.errors import ConfigurationError, StepError, Unreachable, collect, gather_all, gather_both


async def gives(value: int) -> int:
    await asyncio.sleep(0.001 * (3 - value))  # the last ends first
    return value


async def fails(error: Exception) -> int:
    raise error


def test_results_keep_the_order_of_their_jobs() -> None:
    assert asyncio.run(gather_all([gives(1), gives(2), gives(3)])) == [1, 2, 3]


def test_all_faults_are_reported_in_the_order_of_their_jobs() -> None:
    async def fails_late() -> int:
        await asyncio.sleep(0.001)
        raise ConfigurationError(["one", "two"])

    with pytest.raises(StepError) as caught:
        asyncio.run(gather_all([fails_late(), gives(1), fails(StepError(["three"]))]))
    assert caught.value.problems == ("one", "two", "three")


def test_an_unreachable_service_is_still_known_as_such() -> None:
    with pytest.raises(Unreachable, match="no answer"):
        asyncio.run(gather_all([fails(StepError(["one"])), fails(Unreachable(["no answer"]))]))


def test_two_jobs_of_different_types_keep_their_order_and_report_both_faults() -> None:
    async def text() -> str:
        return "a"

    assert asyncio.run(gather_both(gives(1), text())) == (1, "a")
    with pytest.raises(StepError) as caught:
        asyncio.run(gather_both(fails(StepError(["one"])), fails(StepError(["two"]))))
    assert caught.value.problems == ("one", "two")


def test_a_bug_is_raised_as_it_is() -> None:
    with pytest.raises(KeyError, match="bug"):
        asyncio.run(gather_all([gives(1), fails(KeyError("bug"))]))


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


def test_all_collected_faults_are_reported_once() -> None:
    jobs = [
        lambda: faulty("one", "two"),
        lambda: 1,
        lambda: faulty("two", "three"),
        lambda: faulty("one"),
    ]
    with pytest.raises(ConfigurationError) as caught:
        collect(jobs)
    assert caught.value.problems == ("one", "two", "three")


def test_the_other_jobs_run_after_a_fault() -> None:
    done: list[str] = []
    with pytest.raises(ConfigurationError):
        collect([lambda: done.append("a"), lambda: done.append(str(faulty("no"))), lambda: done.append("b")])
    assert done == ["a", "b"]


def test_a_bug_ends_the_collecting() -> None:
    done: list[str] = []
    with pytest.raises(ZeroDivisionError):
        collect([lambda: done.append(str(1 // 0)), lambda: done.append("b")])
    assert done == []
