"""The versions of releases: semver 2.0.0, with or without v, as git tags and registries' tags name them."""

import re
from dataclasses import dataclass, field

from ..config.names import LONGEST_TAG

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"v?(?P<numbers>{_NUMBER}\.{_NUMBER}\.{_NUMBER})"
    rf"(?:-(?P<pre>{_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
    r"(?:[+_][0-9A-Za-z.-]+)?"
)
LINE = re.compile(rf"v?{_NUMBER}(?:\.{_NUMBER})?")  # v1 and v1.2, which several releases share


@dataclass(frozen=True, order=True)
class Version:
    """A release's version, ordered by semver's precedence: spelling (v or none) and build don't count.

    ``pre_release`` holds the identifiers behind the hyphen; ``tag`` is the version's name in a registry.
    """

    numbers: tuple[int, ...]
    final: bool
    pre_release: tuple[tuple[bool, int, str], ...]
    tag: str = field(compare=False)

    @property
    def lines(self) -> tuple[str, ...]:
        """The floating tags it may move, as 'v1.2' and 'v1'; there is no 'v0', which promises nothing."""
        prefix = "v" if self.tag.startswith("v") else ""
        major, minor, _ = self.numbers
        return (f"{prefix}{major}.{minor}", *([f"{prefix}{major}"] if major else []))

    @property
    def plain(self) -> bool:
        """Whether it is three numbers and nothing else; only such a release moves other tags."""
        return self.tag.removeprefix("v") == ".".join(map(str, self.numbers))


def version(tag: str) -> Version | None:
    """Return the version that a git tag or a registry's tag names; None if it is no version.

    A version has exactly three numbers without leading zeros, with or without v before; behind them may be
    semver's pre-release, and build metadata after '+', which is '_' in a registry.
    """
    match = _VERSION.fullmatch(tag) if len(tag) <= LONGEST_TAG else None
    if match is None:
        return None
    identifiers = match["pre"].split(".") if match["pre"] else []
    return Version(
        numbers=tuple(map(int, match["numbers"].split("."))),
        final=not identifiers,
        # Numbers come before words, by semver's item 11.
        pre_release=tuple((False, int(i), "") if i.isdecimal() else (True, 0, i) for i in identifiers),
        tag=tag.replace("+", "_"),
    )
