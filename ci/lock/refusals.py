"""Why a single pin can't be had at all, whatever else is asked for: uv's reasons, in words with a way out."""

import re
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..errors import did_you_mean
from .request import Held

_NO_LOGIN = ("401 Unauthorized", "403 Forbidden")


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A pin that can't be had.

    ``said`` is what uv says of it; ``newest`` the newest version there is, and ``fits`` the same requirement
    at one that fits the base; both empty where there is none.
    """

    pin: str
    said: str
    newest: str = ""
    fits: str = ""

    @property
    def name(self) -> str:
        """The package."""
        return canonicalize_name(Requirement(self.pin).name)

    @property
    def text(self) -> str:
        """What uv says, on one line."""
        return " ".join(self.said.split())

    @property
    def way(self) -> str:
        """The newest version, and what to write; with the sign that it follows with, or empty."""
        newest = f"; the newest is {self.newest}" if self.newest else ""
        return newest + (f": write {self.fits!r}, which fits the base" if self.fits else "")


def sentence(refused: Refused, held: Held) -> str | None:
    """Why it can't be had and what to do; None where uv's reason is of another kind.

    Args:
        refused: the pin.
        held: what the base holds; its names are taken for well-known ones.
    """
    reasons = (
        _no_login(refused),
        _no_package(refused, held),
        _too_late(refused),
        _no_version(refused),
        _no_wheel(refused),
        _other_python(refused, held.python),
    )
    found = next((reason for reason in reasons if reason), None)
    return f"{refused.pin!r}: {found}" if found else None


def asks_for_login(said: str) -> bool:
    """Return whether uv was refused by a package index for want of a login."""
    return any(sign in said for sign in _NO_LOGIN)


def trouble(said: str) -> str:
    """What kept uv from any answer, and what to do."""
    if asks_for_login(said):
        return (
            "a package index asks for credentials, or doesn't accept those given: "
            "give them in a netrc file: dagger call --netrc file://$HOME/.netrc lock"
        )
    if built := re.search(r"Failed to (?:build|download and build) `([^`]+)`", said):
        return (
            f"{built[1]} has no wheel for the base and can't be built in it: "
            "choose a version with a wheel, of it or of what asks for it"
        )
    return "uv came to no answer: read the lines below"


def _no_login(refused: Refused) -> str | None:
    return trouble(refused.text) if asks_for_login(refused.text) else None


def _no_package(refused: Refused, held: Held) -> str | None:
    if f"Because {refused.name} was not found in" not in refused.text:
        return None
    near = did_you_mean(refused.name, {*held.installed, *held.constraints})
    return f"no package index has {refused.name!r}{near or ': check its spelling, and [[tool.uv.index]]'}"


def _too_late(refused: Refused) -> str | None:
    pattern = rf"`{re.escape(refused.name)}` was filtered by `exclude-newer`.*? before (\S+?)\.(?: |$)"
    late = re.search(pattern, refused.text)
    if not late:
        return None
    on = re.search(r"published at (\d{4}-\d\d-\d\d)", refused.text)
    when = f", it is of {on[1]}" if on else ""
    way = f"write {refused.fits!r}, which fits the base" if refused.fits else "choose an older version"
    return f"exclude-newer allows nothing after {late[1]}{when}: {way}, or move exclude-newer"


def _no_version(refused: Refused) -> str | None:
    if f"there is no version of {refused.name}==" not in refused.text:
        return None
    return f"there is no such version{refused.way}"


def _no_wheel(refused: Refused) -> str | None:
    pattern = rf"Because {re.escape(refused.name)}\S*==\S+ has no wheels with a matching (.+? tag)"
    tags = re.search(pattern, refused.text)
    if not tags:
        return None
    found = re.search(r"the following [^:]*: ((?:`[^`]+`(?:, )?)+)", refused.text)
    there = f", there are {found[1].replace('`', '')}" if found else ""
    way = refused.way if refused.fits else f"{refused.way}: choose a version that has one"
    return f"has no wheel for the base ({tags[1]}){there}{way}"


def _other_python(refused: Refused, python: str) -> str | None:
    pattern = rf"{re.escape(refused.name)}\S*==\S+ depends on Python\s?([<>=!~][^\s,]*(?:,[<>=!~][^\s,]*)*)"
    needs = re.search(pattern, refused.text)
    return f"needs Python {needs[1]}, the base has {python or 'another'}{refused.way}" if needs else None
