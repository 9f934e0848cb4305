"""Sentences that explain why a DAG type's pins can't be locked, from what ``programs/culprits.py`` found."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from pydantic import BaseModel, ConfigDict, Field

from ..config.dag_type import AIRFLOW, DagType
from ..config.secrets.urls import redacted
from . import refusals
from .refusals import Refused
from .request import ROOT, Held

_LINES = 12  # of what uv said
_NAME = r"[A-Za-z0-9._-]+(?:\[[^\]]*\])?"


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Move(_Fact):
    """A package that would get another version than the base holds.

    ``wants`` is the version it would get; ``installed`` whether the base has it, else only its constraints
    name it; ``chain`` leads from a pin of the type to the range of the package, each a requirement.
    """

    package: str
    has: str
    wants: str
    installed: bool
    chain: tuple[str, ...]


class Clash(_Fact):
    """Pins that can't be had together, whatever the base; or one that can't be had at all.

    ``said`` is what uv says of them; ``newest`` the newest version of a single pin's package, else empty.
    """

    pins: tuple[str, ...]
    said: str
    newest: str = ""


class Failure(_Fact):
    """All that stands against a lock; ``fits`` is pin → the same package at a version that fits the base."""

    clashes: tuple[Clash, ...] = ()
    moves: tuple[Move, ...] = ()
    fits: dict[str, str] = Field(default_factory=dict)
    trouble: str = ""

    def asks_for_login(self, said: str) -> bool:
        """Return whether a package index wants a login; ``said`` is the output of uv for the whole."""
        return any(
            map(refusals.asks_for_login, (said, self.trouble, *(clash.said for clash in self.clashes)))
        )


def problem(dag_type: DagType, base: str, *, held: Held, failure: Failure, said: str) -> str:
    """One text that tells every conflict of a DAG type.

    Args:
        dag_type: whose pins they are.
        base: the base's reference, as the lock would name it.
        held: what the base holds.
        failure: what was found.
        said: what uv said of the whole; its last lines are shown below all else.
    """
    told = [_of_clash(clash, failure, held) for clash in failure.clashes]
    by_pin = sorted(failure.moves, key=lambda move: (move.chain[0], move.package))
    for pin, moves in groupby(by_pin, key=lambda move: move.chain[0]):
        told += list(_of_moves(pin, list(moves), failure))
    if not told:
        told = [refusals.trouble(failure.trouble or said)]
    lines = [f"{dag_type.file}: can't be locked against {base}:"]
    lines += [f"  {line}" for text in told for line in text.splitlines()]
    tail = redacted(said or failure.trouble).strip().splitlines()[-_LINES:]
    lines += ["  uv says:", *(f"    {line.rstrip()}" for line in tail)] if tail else []
    return "\n".join(lines)


def _of_moves(pin: str, moves: list[Move], failure: Failure) -> Iterator[str]:
    for installed, group in groupby(sorted(moves, key=lambda move: not move.installed), _is_installed):
        some = list(group)
        what = "the base stays as it is" if installed else "the base's constraints hold"
        lines = [f"{pin!r} doesn't fit, since {what}:"]
        lines += [f"  {_line(move)}" for move in some]
        lines.append(f"  do one of these: {'; '.join(_ways_out(pin, some, failure))}")
        yield "\n".join(lines)


def _is_installed(move: Move) -> bool:
    return move.installed


def _line(move: Move) -> str:
    whose = "the base has" if move.installed else "the base's constraints say"
    would = f", it would become {move.wants}" if move.wants else ""
    return f"{move.package}: {whose} {move.has}{would}: {' -> '.join(move.chain)}"


def _ways_out(pin: str, moves: list[Move], failure: Failure) -> Iterator[str]:
    fits = _fitting(failure, pin)
    yield f"write {fits!r}, which fits" if fits else "choose another version of it (none that fits was found)"
    airflow = sorted({move.package for move in moves} & AIRFLOW)
    if airflow:
        yield (
            f"take another base in ci/pins.toml: Airflow itself ({', '.join(airflow)}) "
            "can't be changed by a DAG type"
        )
        return
    key = "allow-base-changes" if moves[0].installed else "allow-outside-constraints"
    reasons = ", ".join(f'{move.package} = "<why>"' for move in moves)
    yield f"allow it with a reason: {key} = {{ {reasons} }} in [tool.airflow-images]"
    yield "take another base in ci/pins.toml"


def _fitting(failure: Failure, pin: str) -> str:
    fits = failure.fits.get(pin, "")
    return "" if fits == pin else fits


def _of_clash(clash: Clash, failure: Failure, held: Held) -> str:
    if len(clash.pins) == 1:
        (pin,) = clash.pins
        refused = Refused(pin=pin, said=clash.said, newest=clash.newest, fits=_fitting(failure, pin))
        return refusals.sentence(refused, held) or _elsewhere(refused)
    pins = " and ".join(map(repr, clash.pins))
    lines = [f"{pins} can't be had together, on any base:"]
    lines += [f"  {line}" for line in _dependencies(clash.said)]
    fitting = [repr(fits) for pin in clash.pins if (fits := _fitting(failure, pin))]
    way = (
        f"write {' or '.join(fitting)}, which fits the others and the base"
        if fitting
        else "change one of them"
    )
    return "\n".join([*lines, f"  {way}"])


def _elsewhere(refused: Refused) -> str:
    lines = [f"{refused.pin!r} can't be had on any base{refused.way}:"]
    return "\n".join([*lines, *(f"  {line}" for line in _dependencies(refused.said))])


def _dependencies(said: str) -> list[str]:
    """The sentences of uv that say what depends on what, without those on the type itself."""
    text = " ".join(said.split())
    found = re.findall(rf"({_NAME}[<>=!~]\S*) depends on ((?:one of: )?{_NAME}[<>=!~]?\S*)", text)
    return _once(f"{one} depends on {two.rstrip(',.')}" for one, two in found if not one.startswith(ROOT))


def _once(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(lines))
