"""Several jobs at once, and every fault of theirs told, not the first alone."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from .errors import ConfigurationError, Fault, StepError

T = TypeVar("T")


async def together(jobs: Iterable[Awaitable[T]]) -> list[T]:
    """The results of all jobs, in their order.

    Raises:
        StepError: with the problems of every job that ended in a fault. What is no fault is raised as it is.
    """
    results = await asyncio.gather(*jobs, return_exceptions=True)
    problems: list[str] = []
    done: list[T] = []
    for result in results:
        if isinstance(result, Fault):
            problems += result.problems
        elif isinstance(result, BaseException):
            raise result
        else:
            done.append(result)
    if problems:
        raise StepError(problems)
    return done


def collected(jobs: Iterable[Callable[[], T]]) -> list[T]:
    """The results of all jobs, in their order.

    Raises:
        ConfigurationError: with the problems of every job that ended in a fault, each told once.
    """
    problems: list[str] = []
    done: list[T] = []
    for job in jobs:
        try:
            done.append(job())
        except Fault as fault:
            problems += [problem for problem in fault.problems if problem not in problems]
    if problems:
        raise ConfigurationError(problems)
    return done
