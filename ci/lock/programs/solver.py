"""What a run of uv found: versions and who asked for them, or why there are none; never a run itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

UNSOLVABLE = "No solution found"


@dataclass(frozen=True)
class Outcome:
    """What a run of uv found.

    ``versions`` is name → version, none where it failed; ``parents`` is name → the packages that ask for it;
    ``said`` is what uv wrote where it failed, else empty.
    """

    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    parents: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    said: str = ""

    @property
    def solved(self) -> bool:
        """Whether there are versions that fit."""
        return not self.said

    @property
    def unsolvable(self) -> bool:
        """Whether uv knows that none fit; else it didn't get so far."""
        return UNSOLVABLE in self.said


class Solver(Protocol):
    """Finds versions for requirements."""

    def __call__(
        self,
        requirements: Sequence[str],
        held: Mapping[str, str],
        preferred: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Outcome:
        """The versions.

        Args:
            requirements: as [project] dependencies has them.
            held: name → version that must hold for what is part of the solution.
            preferred: name → version that is taken where nothing speaks against it.
            options: further options of uv pip compile.
        """
        ...


def versions(text: str) -> Outcome:
    """What a requirements.txt that uv wrote says, with its annotations at the ends of the lines."""
    found: dict[str, str] = {}
    parents: dict[str, list[str]] = {}
    pattern = r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)[^#\n]*(?:# via (.*))?$"
    for name, version, via in re.findall(pattern, text, flags=re.MULTILINE):
        found[name] = version
        asking = [each.strip() for each in via.split(", ") if each.strip()]
        # A file ("-c held.txt", "name (pyproject.toml)") is no package.
        parents[name] = sorted(each for each in asking if re.fullmatch(r"[A-Za-z0-9._-]+", each))
    return Outcome(versions=found, parents=parents)


def wanted(said: str, parent: str, package: str) -> str:
    """The range of a package that another depends on, as uv tells it; empty where it tells none."""
    text = " ".join(said.split())
    of = rf"{re.escape(package)}(?:\[[^\]]*\])?"
    asker = rf"(?<![A-Za-z0-9._-]){re.escape(parent)}(?:\[[^\]]*\])?[<>=]\S+"
    pattern = rf"{asker} depends on (?:one of: )?((?:{of}[<>=!~]\S*\s?)+)"
    found = re.search(pattern, text)
    if not found:
        return ""
    ranges = [each.rstrip(",") for each in found[1].split()]
    joined = ranges[0]
    for each in ranges[1:]:
        # uv tells P!=2 as P<2 or P>2.
        gap = re.fullmatch(rf"{of}>([^,]+)(.*)", each)
        if gap and re.search(rf"[\d\w,]<{re.escape(gap[1])}$", joined):
            joined = f"{joined.rpartition('<')[0]}!={gap[1]}{gap[2]}"
        else:
            joined += f" or {each}"
    return joined


def name_of(requirement: str) -> str:
    """The normalized name of a requirement's package."""
    found = re.match(r"\s*([A-Za-z0-9._-]+)", requirement)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else ""


def loosened(requirement: str, operator: str = "") -> str:
    """An exact pin with another operator such as >=; without its version where none is given."""
    pattern = r"^(\s*[A-Za-z0-9._-]+\s*(?:\[[^\]]*\])?)\s*={2,3}\s*([^\s;]+)"
    return re.sub(pattern, rf"\1{operator}\2" if operator else r"\1", requirement, count=1)


def toml(value: Any) -> str:  # noqa: ANN401 - any value of JSON
    """A value of JSON as TOML, on one line."""
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return f"{{ {', '.join(f'{toml(key)} = {toml(each)}' for key, each in pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, cast('list[Any]', value)))}]"
    # TOML's basic strings are JSON's, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def pyproject(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of a pyproject.toml with tables such as [project] and [tool.uv], a line for each key."""
    lines: list[str] = []
    for table, pairs in tables.items():
        lines += [f"[{table}]", *(f"{toml(key)} = {toml(value)}" for key, value in pairs.items())]
    return "\n".join([*lines, ""])
