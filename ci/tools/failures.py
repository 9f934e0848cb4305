"""Explain failures of the engine, registries and package indexes: what failed, and what to do."""

from collections.abc import Generator
from contextlib import contextmanager

import dagger

from ..config.secrets.urls import redacted
from ..errors import StepError, Unreachable

_UNTRUSTED = "its certificate isn't trusted: give the engine the certificate of your CA"
_UNRESOLVED = "its name doesn't resolve: check DNS and the network of the engine"

# A part of the error (in lower case) → what to do; the first match counts.
_ANYWHERE = {
    "no space left on device": "the disk of the engine is full: free space there "
    "(dagger core engine local-cache prune)",
    "x509: ": _UNTRUSTED,
}
_BY_A_REGISTRY = {
    "connection refused": "it doesn't answer: check that it runs and the proxy, then try again",
    "no such host": _UNRESOLVED,
    "i/o timeout": "it doesn't answer in time: check network and proxy, then try again",
    ": not found": "not found: check the spelling, and that you may read it",
    "unauthorized": "it asks for credentials: log in to the registry where the engine runs",
}
_NO_ANSWER = {
    "unknownissuer": _UNTRUSTED,
    "dns error": _UNRESOLVED,
    "error sending request": "the package index doesn't answer: check network and proxy, then try again",
}
_NO_LOGIN_TO_INDEX = "401 unauthorized"
_BY_AN_INSTALLER = {
    **_NO_ANSWER,
    "hash mismatch": "the index serves a file with another hash than the lock's: "
    "find out why, then lock again",
    _NO_LOGIN_TO_INDEX: "the package index asks for credentials: give them with --netrc file://$HOME/.netrc",
    "no solution found": "a pin conflicts with another pin, or with a package of the base: "
    "choose another version, or allow the change in allow-base-changes",
}


_NO_RIGHT = "the token may not write to it: give it the permission to write packages (packages: write)"
_NO_LOGIN = (
    "the credentials are missing or wrong: give --token env://NAME, and --username env://NAME "
    "if the registry asks for one"
)
_BY_REGCTL = {
    "http 429": "it refuses more requests for now: try again later, or log in with --token",
    "http 403": _NO_RIGHT,  # regctl calls it unauthorized too, so it comes first
    "http 401": _NO_LOGIN,
    "unauthorized": _NO_LOGIN,
    "denied:": _NO_RIGHT,
    "name_unknown": "the repository doesn't exist, and the registry doesn't create it: create it",
    "no such host": "the registry's name doesn't resolve: check --registry",
    "connection refused": "the registry doesn't answer: check --registry, and that it runs",
    "server gave http response to https": "it speaks plain HTTP: add --plain-http if that is intended",
    "x509": "its certificate isn't trusted: give that of its CA with --registry-ca",
    ": eof": "the registry closes the connection: check --registry, and that it runs there",
    "not found": "not found: check name, tag and digest",
}


def registry_problem(repository: str, error: str) -> str:
    """Return the problem of a registry: what to do, then regctl's own error."""
    lower = error.lower()
    hint = next((text for sign, text in _BY_REGCTL.items() if sign in lower), "")
    last = " ".join(error.split())[-400:]
    return f"{repository}: {hint} ({last})" if hint else f"{repository}: {last}"


def output(error: dagger.QueryError) -> str:
    """Return what a failed program wrote to its standard error, or else the engine's own error."""
    return error.stderr if isinstance(error, dagger.ExecError) else str(error)


def is_from_outside(error: dagger.ExecError) -> bool:
    """Return whether a network, a certificate or a disk stopped an installer."""
    output = (error.stderr or error.stdout).lower()
    return any(sign in output for sign in {**_ANYWHERE, **_NO_ANSWER})


def step_error(what: str, error: dagger.QueryError) -> StepError:
    """Return the failure of a step: what failed, what to do, and the last lines of its output.

    It is Unreachable if the step couldn't reach what it was asked for.
    """
    if isinstance(error, dagger.ExecError):
        output, hints = error.stderr or error.stdout, _ANYWHERE | _BY_AN_INSTALLER
    else:
        output, hints = str(error), _ANYWHERE | _BY_A_REGISTRY
    tail = "\n".join(f"    {line}" for line in redacted(output).strip().splitlines()[-12:])
    lower = output.lower()
    hint = next((text for sign, text in hints.items() if sign in lower), "see the output")
    reached = (
        isinstance(error, dagger.ExecError) and not is_from_outside(error) and _NO_LOGIN_TO_INDEX not in lower
    )
    return (StepError if reached else Unreachable)([f"{what}: {hint}\n{tail}"])


@contextmanager
def as_step_error(what: str) -> Generator[None]:
    """Turn what the engine raises inside into the failure of a step."""
    try:
        yield
    except dagger.QueryError as error:
        raise step_error(what, error) from None
