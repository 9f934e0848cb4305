"""Errors for the person at the terminal: a list of problems, each a text that says what to do."""

import asyncio
import difflib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar


class Fault(Exception):  # noqa: N818 - the base of the errors below, never raised itself
    """Something that a person must put right.

    Args:
        problems: one text each: what failed (with the value), what was expected, what to do.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep the problems, and make one text of them."""
        self.problems = tuple(problems)
        head = "" if len(self.problems) == 1 else f"{len(self.problems)} problems:\n"
        super().__init__(head + "\n".join(self.problems))


class ConfigurationError(Fault):
    """What a person wrote can't be used."""


class StepError(Fault):
    """A step outside this program failed: a registry, a package index, an installer."""


class Unreachable(StepError):  # noqa: N818 - a state of a service, which the step met
    """A registry, package index or disk kept a step from any answer on what it was asked for."""


class CheckError(Fault):
    """A check found something wrong; the problems are whole reports."""


def did_you_mean(value: str, accepted: Iterable[str]) -> str:
    """The hint ": did you mean 'x'?" where something accepted is near to the value, else an empty string."""
    near = difflib.get_close_matches(value, sorted(accepted), n=1, cutoff=0.6)
    return f": did you mean {near[0]!r}?" if near else ""


T = TypeVar("T")


async def gather_all(jobs: Iterable[Awaitable[T]]) -> list[T]:
    """The results of all jobs, in their order.

    Raises:
        StepError: with the problems of every job that ended in a fault; Unreachable where one of them did.
            What is no fault is raised as it is.
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
        unreachable = any(isinstance(result, Unreachable) for result in results)
        raise (Unreachable if unreachable else StepError)(problems)
    return done


def collect(jobs: Iterable[Callable[[], T]]) -> list[T]:
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
