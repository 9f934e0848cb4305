"""Failures of the world outside in words for a person: what the engine says of a step, made short."""

import dagger

from .errors import StepError

_HINTS = {
    "no space left on device": "the disk of the engine is full: free space there "
    "(dagger core engine local-cache prune)",
    "connection refused": "it doesn't answer: check that it runs and the proxy, then try again",
    "no such host": "its name doesn't resolve: check DNS and the network of the engine",
    "i/o timeout": "it doesn't answer in time: check network and proxy, then try again",
    "dns error": "its name doesn't resolve: check DNS and the network of the engine",
    "certificate": "its certificate isn't trusted: give the engine your CA (docs/airgap.md)",
    "error sending request": "the package index doesn't answer: check network and proxy, then try again",
    "not found": "it isn't there: check the spelling, and that you may read it",
    "unauthorized": "it asks for credentials: log in to the registry where the engine runs",
    "hash mismatch": "the index serves other bytes than the lock says: find out why, then lock again",
}


def step_error(what: str, error: dagger.QueryError) -> StepError:
    """The failure of a step: what was tried, the last lines of what it said, and what to do."""
    said = (error.stderr or error.stdout) if isinstance(error, dagger.ExecError) else str(error)
    tail = "\n".join(f"    {line}" for line in said.strip().splitlines()[-12:])
    lower = said.lower()
    hint = next((text for sign, text in _HINTS.items() if sign in lower), "read the lines below")
    return StepError([f"{what}: {hint}\n{tail}"])
