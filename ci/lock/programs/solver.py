"""The result of a run of uv: versions and who requires them, or why there are none; never a run itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

UNSOLVABLE = "No solution found"


@dataclass(frozen=True)
class Resolution:
    """The versions by package, and who requires a package; or the message of uv where it failed."""

    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    requirers: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    message: str = ""

    @property
    def is_solved(self) -> bool:
        """Whether there are versions that fit."""
        return not self.message

    @property
    def is_unsolvable(self) -> bool:
        """Whether uv knows that none fit; otherwise another error stopped it."""
        return UNSOLVABLE in self.message


class Solver(Protocol):
    """Finds versions for requirements."""

    def __call__(
        self,
        requirements: Sequence[str],
        fixed: Mapping[str, str],
        preferred: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Resolution:
        """Return the versions: of ``fixed`` packages these, of ``preferred`` ones unless excluded.

        ``options`` are further ones of uv pip compile.
        """
        ...


def parse(text: str) -> Resolution:
    """Return the content of a requirements.txt of uv, with its annotations at the ends of the lines."""
    versions: dict[str, str] = {}
    requirers: dict[str, list[str]] = {}
    pattern = r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)[^#\n]*(?:# via (.*))?$"
    for name, version, via in re.findall(pattern, text, flags=re.MULTILINE):
        versions[name] = version
        # A file ("-c fixed.txt", "name (pyproject.toml)") is no package.
        requirers[name] = sorted(part for part in via.split(", ") if re.fullmatch(r"[A-Za-z0-9._-]+", part))
    return Resolution(versions=versions, requirers=requirers)


def required_range(message: str, requirer: str, package: str) -> str:
    """Return the range of a package that another requires by a message of uv; empty where it names none."""
    text = " ".join(message.split())
    name = rf"{re.escape(package)}(?:\[[^\]]*\])?"
    subject = rf"(?<![A-Za-z0-9._-]){re.escape(requirer)}(?:\[[^\]]*\])?[<>=]\S+"
    match = re.search(rf"{subject} depends on (?:one of: )?((?:{name}[<>=!~]\S*\s?)+)", text)
    if not match:
        return ""
    first, *others = (part.rstrip(",") for part in match[1].split())
    joined = first
    for part in others:
        # uv writes P!=2 as P<2 or P>2.
        gap = re.fullmatch(rf"{name}>([^,]+)(.*)", part)
        if gap and re.search(rf"[\d\w,]<{re.escape(gap[1])}$", joined):
            joined = f"{joined.rpartition('<')[0]}!={gap[1]}{gap[2]}"
        else:
            joined += f" or {part}"
    return joined


def name_of(requirement: str) -> str:
    """Return the normalized name of a requirement's package."""
    match = re.match(r"\s*([A-Za-z0-9._-]+)", requirement)
    return re.sub(r"[-_.]+", "-", match[1]).lower() if match else ""


def relaxed(requirement: str, operator: str = "") -> str:
    """Return an exact pin with another operator such as >=; without its version where none is given."""
    pattern = r"^(\s*[A-Za-z0-9._-]+\s*(?:\[[^\]]*\])?)\s*={2,3}\s*([^\s;]+)"
    return re.sub(pattern, rf"\1{operator}\2" if operator else r"\1", requirement, count=1)


def toml(value: Any) -> str:  # noqa: ANN401 - any value of JSON
    """Return a value of JSON as TOML, on one line."""
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return f"{{ {', '.join(f'{toml(key)} = {toml(item)}' for key, item in pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, cast('list[Any]', value)))}]"
    # TOML's basic strings are JSON's, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def pyproject(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a pyproject.toml with tables such as [project] and [tool.uv], with a line for each key."""
    lines: list[str] = []
    for table, pairs in tables.items():
        lines += [f"[{table}]", *(f"{toml(key)} = {toml(value)}" for key, value in pairs.items())]
    return "\n".join([*lines, ""])
