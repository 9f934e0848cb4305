"""Why a single pin can't be installed, whatever else is pinned: uv's reasons as sentences with a way out."""

import re
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..errors import did_you_mean
from .request import BasePackages

_LOGIN_REFUSED = ("401 Unauthorized", "403 Forbidden")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A pin that can't be installed.

    ``message`` is uv's; ``newest`` the newest version in the index, and ``fitting`` the same requirement at a
    version that fits the base; both empty where there is none.
    """

    pin: str
    message: str
    newest: str = ""
    fitting: str = ""

    @property
    def name(self) -> str:
        """The package."""
        return canonicalize_name(Requirement(self.pin).name)

    @property
    def text(self) -> str:
        """The message of uv, on one line."""
        return " ".join(self.message.split())

    @property
    def alternative(self) -> str:
        """The newest version and what to write, as the end of a sentence; or empty."""
        newest = f"; the newest is {self.newest}" if self.newest else ""
        return newest + (f": write {self.fitting!r}, which fits the base" if self.fitting else "")


def sentence(refusal: Refusal, base_packages: BasePackages) -> str | None:
    """Return why a pin can't be installed and what to do; None where uv's reason is of another kind."""
    no_version = f"there is no version of {refusal.name}==" in refusal.text
    reasons = (
        trouble(refusal.text) if asks_for_login(refusal.text) else None,
        _name_reason(refusal, base_packages),
        _date_reason(refusal),
        f"no such version{refusal.alternative}" if no_version else None,
        _wheel_reason(refusal),
        _python_reason(refusal, base_packages.python),
    )
    reason = next(filter(None, reasons), None)
    return f"{refusal.pin!r}: {reason}" if reason else None


def asks_for_login(message: str) -> bool:
    """Return whether a package index refused uv for want of a login."""
    return any(sign in message for sign in _LOGIN_REFUSED)


def trouble(message: str) -> str:
    """Return why uv gave no answer at all, and what to do."""
    if asks_for_login(message):
        return (
            "a package index asks for credentials, or doesn't accept those given: "
            "give them in a netrc file: dagger call --netrc file://$HOME/.netrc lock"
        )
    if built := re.search(r"Failed to (?:build|download and build) `([^`]+)`", message):
        return (
            f"{built[1]} has no wheel for the base and can't be built in it: "
            "choose a version with a wheel, of it or of the package that requires it"
        )
    return "uv failed; see its message below"


def _name_reason(refusal: Refusal, base_packages: BasePackages) -> str | None:
    if f"Because {refusal.name} was not found in" not in refusal.text:
        return None
    near = did_you_mean(refusal.name, {*base_packages.installed, *base_packages.constraints})
    return f"no package index has {refusal.name!r}{near or ': check its spelling, and [[tool.uv.index]]'}"


def _date_reason(refusal: Refusal) -> str | None:
    pattern = rf"`{re.escape(refusal.name)}` was filtered by `exclude-newer`.*? before (\S+?)\.(?: |$)"
    limit = re.search(pattern, refusal.text)
    if not limit:
        return None
    published = re.search(r"published at (\d{4}-\d\d-\d\d)", refusal.text)
    date = f", and it is from {published[1]}" if published else ""
    way = f"write {refusal.fitting!r}, which fits the base" if refusal.fitting else "choose an older version"
    return f"exclude-newer allows nothing after {limit[1]}{date}: {way}, or move exclude-newer"


def _wheel_reason(refusal: Refusal) -> str | None:
    lacks = r"(?:wheels with a matching (.+? tag)|usable wheels)"
    pattern = rf"Because {re.escape(refusal.name)}\S*==\S+ has no {lacks}"
    tag = re.search(pattern, refusal.text)
    if not tag:
        return None
    others = re.search(r"the following [^:]*: ((?:`[^`]+`(?:, )?)+)", refusal.text)
    available = f", only for {others[1].replace('`', '')}" if others else ""
    way = refusal.alternative
    way += "" if refusal.fitting else ": choose a version that has one"
    return f"no wheel for the base{f' ({tag[1]})' if tag[1] else ''}{available}{way}"


def _python_reason(refusal: Refusal, python: str) -> str | None:
    pattern = rf"{re.escape(refusal.name)}\S*==\S+ depends on Python\s?([<>=!~][^\s,]*(?:,[<>=!~][^\s,]*)*)"
    required = re.search(pattern, refusal.text)
    if not required:
        return None
    return f"needs Python {required[1]}, the base has {python or 'another'}{refusal.alternative}"
