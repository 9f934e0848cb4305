"""Why a DAG type's pins can't be locked, as sentences; the facts are of ``programs/minimal_conflict.py``."""

import re
from collections.abc import Iterator
from itertools import groupby

from pydantic import Field

from ..config.dag_type import DagType
from ..config.fields import AIRFLOW
from ..config.secrets.urls import redacted
from ..config.values import Value
from . import refusals
from .refusals import Refusal
from .request import ROOT, BasePackages

_LINES = 12  # of uv's message
_NAME = r"[A-Za-z0-9._-]+(?:\[[^\]]*\])?"


class ChangedPackage(Value):
    """A package that would get another version than the base holds.

    ``resolved`` is the version that it would get; ``installed`` whether the base has it, else only its
    constraints name it; ``chain`` leads from a pin of the type to the range of the package, as requirements.
    """

    package: str
    base_version: str
    resolved: str
    installed: bool
    chain: tuple[str, ...]


class PinConflict(Value):
    """Pins that conflict with each other on any base; or one that can't be installed at all.

    ``message`` is uv's; ``newest`` the newest version of a single pin's package, else empty.
    """

    pins: tuple[str, ...]
    message: str
    newest: str = ""


class Failure(Value):
    """All reasons why a lock failed, as ``explain`` of programs/minimal_conflict.py gives them."""

    conflicts: tuple[PinConflict, ...] = ()
    changed: tuple[ChangedPackage, ...] = ()
    fitting: dict[str, str] = Field(default_factory=dict)
    error: str = ""

    def asks_for_login(self, message: str) -> bool:
        """Return whether a package index wants a login; ``message`` is the output of uv for the whole."""
        messages = (message, self.error, *(conflict.message for conflict in self.conflicts))
        return any(map(refusals.asks_for_login, messages))

    def alternative(self, pin: str) -> str:
        """Return a pin at a version that fits; empty where there is none, or the pin itself fits."""
        fitting = self.fitting.get(pin, "")
        return "" if fitting == pin else fitting


def problem(
    dag_type: DagType, base: str, *, base_packages: BasePackages, failure: Failure, message: str
) -> str:
    """Return every conflict of a DAG type as one text.

    ``base`` is its reference; ``message`` is uv's for the whole, whose last lines end the text.
    """
    texts = [_conflict_text(conflict, failure, base_packages) for conflict in failure.conflicts]
    by_pin = sorted(failure.changed, key=lambda change: (change.chain[0], change.package))
    for pin, changes in groupby(by_pin, key=lambda change: change.chain[0]):
        texts += list(_change_texts(pin, list(changes), failure))
    if not texts:
        texts = [refusals.trouble(failure.error or message)]
    lines = [f"{dag_type.file}: can't be locked against {base}:"]
    lines += [f"  {line}" for text in texts for line in text.splitlines()]
    tail = redacted(message or failure.error).strip().splitlines()[-_LINES:]
    lines += ["  uv says:", *(f"    {line.rstrip()}" for line in tail)] if tail else []
    return "\n".join(lines)


def _change_texts(pin: str, changes: list[ChangedPackage], failure: Failure) -> Iterator[str]:
    for installed, which in ((True, "packages of the base"), (False, "constraints of the base")):
        group = [change for change in changes if change.installed is installed]
        if group:
            lines = [f"{pin!r} conflicts with {which}:", *(f"  {_change_line(change)}" for change in group)]
            yield "\n".join([*lines, f"  choose one: {'; '.join(_ways_out(pin, group, failure))}"])


def _change_line(change: ChangedPackage) -> str:
    holder = "the base has" if change.installed else "the constraints require"
    resolved = f", it would become {change.resolved}" if change.resolved else ""
    return f"{change.package}: {holder} {change.base_version}{resolved}: {' -> '.join(change.chain)}"


def _ways_out(pin: str, changes: list[ChangedPackage], failure: Failure) -> Iterator[str]:
    fitting = failure.alternative(pin)
    yield f"write {fitting!r}, which fits" if fitting else "pin another version (no fitting one was found)"
    airflow = sorted({change.package for change in changes} & AIRFLOW)
    if airflow:
        names = ", ".join(airflow)
        yield f"take another base in images/base.toml: a DAG type can't change Airflow itself ({names})"
        return
    key = "allow-base-changes" if changes[0].installed else "allow-outside-constraints"
    reasons = ", ".join(f'{change.package} = "<why>"' for change in changes)
    yield f"allow it with a reason: {key} = {{ {reasons} }} in [tool.airflow-images]"
    yield "take another base in images/base.toml"


def _conflict_text(conflict: PinConflict, failure: Failure, base_packages: BasePackages) -> str:
    dependencies = _dependencies(conflict.message)
    if len(conflict.pins) == 1:
        (pin,) = conflict.pins
        refusal = Refusal(
            pin=pin, message=conflict.message, newest=conflict.newest, fitting=failure.alternative(pin)
        )
        head = f"{pin!r} can't be installed on any base{refusal.alternative}:"
        return refusals.sentence(refusal, base_packages) or "\n  ".join([head, *dependencies])
    fitting = [repr(fitting) for pin in conflict.pins if (fitting := failure.alternative(pin))]
    way = f"write {' or '.join(fitting)}, which fits the others and the base" if fitting else "change one"
    head = f"{' and '.join(map(repr, conflict.pins))} conflict with each other, on any base:"
    return "\n  ".join([head, *dependencies, way])


def _dependencies(message: str) -> list[str]:
    """Return uv's sentences on what depends on what, without those on the type itself."""
    text = " ".join(message.split())
    pattern = rf"({_NAME}[<>=!~]\S*) depends on ((?:one of: )?{_NAME}[<>=!~]?\S*)"
    pairs = [pair for pair in re.findall(pattern, text) if not pair[0].startswith(ROOT)]
    # Each once, in uv's order.
    return list(dict.fromkeys(f"{package} depends on {other.rstrip(',.')}" for package, other in pairs))
