"""Errors for the user: a list of problems, each a text that says what to do; jobs whose errors are joined."""

import difflib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar, cast

import anyio


class Fault(Exception):  # noqa: N818 - the base of the errors below, never raised itself
    """An error that a user can fix: what failed (with the value), what was expected, what to do."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Join the problems to one text."""
        self.problems = tuple(problems)
        head = "" if len(self.problems) == 1 else f"{len(self.problems)} problems:\n"
        super().__init__(head + "\n".join(self.problems))


class ConfigurationError(Fault):
    """An invalid configuration file or argument."""


def refuse(problems: Sequence[str]) -> None:
    """Raise ConfigurationError if there are problems."""
    if problems:
        raise ConfigurationError(problems)


class StepError(Fault):
    """A failed step outside this program: a registry, a package index, an installer."""


class Unreachable(StepError):  # noqa: N818 - a state of a service
    """A step without an answer, because a registry, package index or disk is unreachable."""


class CheckError(Fault):
    """A failed check; the problems are whole reports."""


def did_you_mean(value: str, accepted: Iterable[str]) -> str:
    """Return the hint ": did you mean 'x'?", or an empty string where no accepted value is similar."""
    near = difflib.get_close_matches(value, sorted(accepted), n=1, cutoff=0.6)
    return f": did you mean {near[0]!r}?" if near else ""


T = TypeVar("T")
U = TypeVar("U")


async def gather_all(jobs: Iterable[Awaitable[T]]) -> list[T]:
    """Return the results of all jobs, in their order; the jobs run at the same time.

    A fault leaves the other jobs running: StepError has the problems of every job that ended in one;
    Unreachable where one of them did. A bug cancels them, and is raised as it is.
    """
    results, faults = await _ended(jobs)
    if faults:
        raise joined([faults[number] for number in sorted(faults)])
    return [results[number] for number in sorted(results)]


def joined(faults: Sequence[Fault]) -> StepError:
    """Return one error with the problems of several; Unreachable where one of them is."""
    kind = Unreachable if any(isinstance(fault, Unreachable) for fault in faults) else StepError
    return kind([problem for fault in faults for problem in fault.problems])


async def gather_each(jobs: Iterable[Awaitable[T]]) -> list[T | Fault]:
    """Return the result of each job, or the fault that it ended in, in order; otherwise as gather_all."""
    results, faults = await _ended(jobs)
    ended: dict[int, T | Fault] = {**results, **faults}
    return [ended[number] for number in sorted(ended)]


async def _ended(jobs: Iterable[Awaitable[T]]) -> tuple[dict[int, T], dict[int, Fault]]:
    """Return the results and the faults of all jobs, by their numbers."""
    results: dict[int, T] = {}
    faults: dict[int, Fault] = {}

    async def run(number: int, job: Awaitable[T]) -> None:
        try:
            results[number] = await job
        except Fault as fault:
            faults[number] = fault

    try:
        async with anyio.create_task_group() as group:
            for number, job in enumerate(jobs):
                group.start_soon(run, number, job)
    except BaseExceptionGroup as bugs:
        raise bugs.exceptions[0] from None
    return results, faults


async def gather_both(first: Awaitable[T], second: Awaitable[U]) -> tuple[T, U]:
    """Return the results of two jobs of different types; otherwise as ``gather_all``."""
    results: list[T | U] = await gather_all([first, second])
    return cast("tuple[T, U]", tuple(results))


def collect(jobs: Iterable[Callable[[], T]]) -> list[T]:
    """Return the results of all jobs, which run one by one, in their order.

    Raise ConfigurationError with the problems of every job that ended in a fault, each once.
    """
    problems: dict[str, None] = {}
    results: list[T] = []
    for job in jobs:
        try:
            results.append(job())
        except Fault as fault:
            problems |= dict.fromkeys(fault.problems)
    if problems:
        raise ConfigurationError(list(problems))
    return results
