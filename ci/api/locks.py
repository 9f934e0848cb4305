"""The locks of several DAG types, of which some can't be made: the others are kept, and a user is told."""

from collections.abc import Mapping

from ..config import lockfile
from ..errors import ConfigurationError, Fault, joined
from ..tools import checkout as checkouts
from . import standard_output


async def kept(locks: Mapping[str, str | Fault], checkout: "checkouts.Checkout") -> dict[str, str]:
    """Return the locks that could be made, by path, and write to standard output why others couldn't.

    A call can't both change files and fail. Raise StepError with every problem where no lock would change:
    for a single DAG type, if all failed, and in a check.
    """
    texts = {path_of(name): lock for name, lock in locks.items() if not isinstance(lock, Fault)}
    faults = {name: lock for name, lock in locks.items() if isinstance(lock, Fault)}
    if faults and not [path for path, text in texts.items() if await _present(path, checkout) != text]:
        raise joined(list(faults.values()))
    if faults:
        standard_output.write(told(faults, len(locks)))
    return texts


def told(faults: Mapping[str, Fault], count: int) -> str:
    """Return which DAG types of that many weren't locked, and why."""
    head = f"NOT LOCKED: {', '.join(faults)} ({len(faults)} of {count} DAG types); the other locks are made"
    return "\n\n".join([head, *(problem for fault in faults.values() for problem in fault.problems)])


def path_of(name: str) -> str:
    """Return the path of a type's lock."""
    return f"images/{name}/{lockfile.NAME}"


async def _present(path: str, checkout: "checkouts.Checkout") -> str | None:
    try:
        return await checkout.text(path)
    except ConfigurationError:  # one that isn't UTF-8 is replaced
        return None
