"""Jobs run together: results in order, every fault told, a bug kept as it is."""

import asyncio

import pytest

from ci.errors import ConfigurationError, StepError
from ci.together import together


async def gives(value: int) -> int:
    await asyncio.sleep(0.001 * (3 - value))  # the last is done first
    return value


async def fails(error: Exception) -> int:
    raise error


def test_results_keep_the_order_of_their_jobs() -> None:
    assert asyncio.run(together([gives(1), gives(2), gives(3)])) == [1, 2, 3]


def test_every_fault_is_told() -> None:
    jobs = [fails(ConfigurationError(["one", "two"])), gives(1), fails(StepError(["three"]))]
    with pytest.raises(StepError) as caught:
        asyncio.run(together(jobs))
    assert caught.value.problems == ("one", "two", "three")


def test_what_is_no_fault_is_raised_as_it_is() -> None:
    with pytest.raises(KeyError, match="bug"):
        asyncio.run(together([gives(1), fails(KeyError("bug"))]))
