"""How long the engine keeps the result of a function: with ``@function`` alone for days."""

from collections.abc import Callable
from typing import Any, TypeVar

from dagger import function

F = TypeVar("F", bound=Callable[..., Any])


def never_cached(method: F) -> F:
    """Make a method a function of the module that runs at every call: it has effects, or shows a text."""
    return function(cache="never")(method)  # pyright: ignore[reportCallIssue, reportUnknownVariableType] - the SDK's overloads


def briefly_cached(method: F) -> F:
    """Make a method a function of the module whose result is kept for ten minutes.

    Within them a base that is named by tag isn't looked up again. An error isn't kept.
    """
    return function(cache="10m")(method)  # pyright: ignore[reportCallIssue, reportUnknownVariableType] - the SDK's overloads


def session_cached(method: F) -> F:
    """Make a method a function of the module that runs once in a session."""
    return function(cache="session")(method)  # pyright: ignore[reportCallIssue, reportUnknownVariableType] - the SDK's overloads
