"""The dependencies of [tool.poetry] as requirements of a [project], by Poetry's documented rules.

https://python-poetry.org/docs/dependency-specification/
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from .masking import masked

_PART = re.compile(r"(?P<operator>\^|~=|~|===?|!=|<=?|>=?|=)?\s*(?P<version>[^\s,<>=!~^|]+)")
_ELSEWHERE = ("git", "path", "url", "file")
_HARMLESS = frozenset({"version", "extras", "python", "markers", "optional", "source", "allow-prereleases"})


@dataclass(frozen=True, kw_only=True)
class Unfit:
    """Why a dependency is no requirement of a [project], in words."""

    why: str


def requirements(name: str, value: object) -> list[str | Unfit]:
    """What a key of [tool.poetry.dependencies] asks for; more than one where it is a list.

    Args:
        name: the package.
        value: a constraint, a table, or a list of these.
    """
    if not _is_name(name):
        return [Unfit(why=f"{masked(name)!r} is no name of a package")]
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    return [_requirement(name, each) for each in values] or [Unfit(why="names no version")]


def specifiers(constraint: str) -> str | None:
    """A constraint such as ``^1.2`` as specifiers; empty for any version, None where it has no such form."""
    text = constraint.strip()
    if text == "*":
        return ""
    found = list(_PART.finditer(text))
    # Between the parts stand commas or blanks, and nothing else.
    between = _PART.sub("\0", text)
    if not found or not re.fullmatch(r"\0(?:\s*[,\s]\s*\0)*", between):
        return None
    ranges = [_range(each["operator"] or "", each["version"]) for each in found]
    try:
        SpecifierSet(",".join(each or "" for each in ranges))
    except InvalidSpecifier:
        return None
    return None if None in ranges else ",".join(each for each in ranges if each)


def _requirement(name: str, value: object) -> str | Unfit:
    table = cast("Mapping[str, object]", value) if isinstance(value, dict) else {"version": value}
    found = next(_faults(table), None)
    if found is not None:
        return Unfit(why=found)
    extras = sorted(map(str, cast("list[object]", table.get("extras", []))))
    listed = f"[{','.join(extras)}]" if extras else ""
    marker = _marker(table)
    return f"{name}{listed}{specifiers(str(table['version']))}{f'; {marker}' if marker else ''}"


def _faults(table: Mapping[str, object]) -> Iterator[str]:
    """What stands against a requirement, in words."""
    for key in _ELSEWHERE:
        if key in table:
            yield f"{key} = {_shown(table[key])} is no package of an index"
    if "source" in table:
        source = _shown(table["source"])
        yield f"is from the source {source}, which is to be named in [[tool.uv.index]], too"
    if table.get("optional"):
        yield "is installed with an extra alone"
    strange = sorted(table.keys() - _HARMLESS)
    if strange:
        yield f"{', '.join(map(masked, strange))}: has no counterpart"
    if "version" not in table:
        yield "names no version"
    yield from _misshapen(table)


def _misshapen(table: Mapping[str, object]) -> Iterator[str]:
    """The values that can't be read, in words."""
    for key in ("version", "python"):
        given = table.get(key, "*")
        if not isinstance(given, str) or specifiers(given) is None:
            yield f"{_shown(given)} is no single range"
    extras = table.get("extras", [])
    names = cast("list[object]", extras) if isinstance(extras, list) else [None]
    if not all(isinstance(each, str) and _is_name(each) for each in names):
        yield f"{_shown(table['extras'])} is no list of extras"
    try:
        Marker(str(table.get("markers", "os_name == 'any'")))
    except (InvalidMarker, SyntaxError):  # packaging reads a marker's strings as Python's
        yield f"{_shown(table['markers'])} is no marker"


def _shown(value: object) -> str:
    return masked(repr(value))


def _is_name(text: str) -> bool:
    try:
        canonicalize_name(text, validate=True)
    except InvalidName:
        return False
    return True


def _marker(table: Mapping[str, object]) -> str:
    """The marker of a table without faults; empty where it has none."""
    own = str(table.get("markers", ""))
    given = SpecifierSet(specifiers(str(table.get("python", "*"))) or "")
    wanted = " and ".join(
        f'{_variable(each.version)} {each.operator} "{each.version}"'
        for each in sorted(given, key=lambda each: (each.operator != ">=", str(each)))
    )
    return f"({own}) and {wanted}" if own and wanted else own or wanted


def _variable(version: str) -> str:
    return "python_full_version" if version.removesuffix(".*").count(".") > 1 else "python_version"


def _range(operator: str, version: str) -> str | None:
    """One part of a constraint as specifiers; None where there are none."""
    if version.endswith(".*"):
        return f"{operator or '=='}{version}" if operator in {"", "==", "!="} else None
    try:
        found = Version(version)
    except InvalidVersion:
        return None
    if operator == "^":
        release = found.release[:3]
        first = next((index for index, each in enumerate(release) if each), len(release) - 1)
        return f">={version},<{_after(found, first)}"
    if operator == "~":
        return f">={version},<{_after(found, min(1, len(found.release) - 1))}"
    return f"{'==' if operator in {'', '='} else operator}{version}"


def _after(version: Version, index: int) -> str:
    """The next version that is greater at that index of the release."""
    kept = [*version.release[:index], version.release[index] + 1]
    return f"{f'{version.epoch}!' if version.epoch else ''}{'.'.join(map(str, kept))}"
