"""What uv is asked to resolve for a DAG type: its pins, and what the base holds fixed."""

import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from pydantic import BaseModel, ConfigDict

from ..config.dag_type import DagType
from ..errors import ConfigurationError, did_you_mean

ROOT = "this-dag-type"
_NEWER = ("exclude-newer", "exclude-newer-package")
# uv takes spans such as "30 days" too, which mean something else every day.
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_HOW = "write it like 2026-01-01 or 2026-01-01T12:00:00Z"


class Held(BaseModel):
    """What a base holds: what is installed in it, and what its constraints say; both as name → version.

    ``python`` is its Python, such as 3.13; empty where it isn't known.
    """

    model_config = ConfigDict(frozen=True)

    installed: dict[str, str]
    constraints: dict[str, str]
    python: str = ""

    @classmethod
    def parse(cls, listing: str, constraints: str, python: str) -> "Held":
        """What a base holds.

        Args:
            listing: what ``uv pip list --format json`` says: all packages, wherever they came from.
            constraints: the text of its constraints file, which may be empty.
            python: the whole version of its Python, such as 3.13.11.
        """
        return cls(
            installed={canonicalize_name(each["name"]): each["version"] for each in json.loads(listing)},
            constraints=_pins(constraints, python),
            python=".".join(python.split(".")[:2]),
        )

    def installed_for(self, dag_type: DagType) -> dict[str, str]:
        """What stays as it is installed under a DAG type."""
        free = dag_type.settings.allow_base_changes
        return {name: version for name, version in self.installed.items() if name not in free}

    def constraints_for(self, dag_type: DagType) -> dict[str, str]:
        """What the constraints alone say, for packages that aren't installed."""
        free = {*dag_type.settings.allow_outside_constraints, *dag_type.settings.allow_base_changes}
        return {
            name: version
            for name, version in self.constraints.items()
            if name not in free and name not in self.installed
        }


class Upgrade(BaseModel):
    """Which versions of a present lock give way to newer ones.

    ``everything``: all; ``packages``: those; ``exclude_newer``: a day or time that stands for the one in
    [tool.uv], beyond which no file counts.
    """

    model_config = ConfigDict(frozen=True)

    everything: bool = False
    packages: tuple[str, ...] = ()
    exclude_newer: str = ""

    @property
    def wanted(self) -> bool:
        """Whether any version may become newer, so that what the index says now counts."""
        return self.everything or bool(self.packages)


def checked(upgrade: Upgrade, known: Collection[str]) -> Upgrade:
    """An upgrade as it was asked for, its packages by their normalized names.

    Args:
        upgrade: what was asked for.
        known: the packages that may be named.

    Raises:
        ConfigurationError: with each package that isn't known, and a day that is none.
    """
    names = {name: canonicalize_name(name) for name in upgrade.packages}
    problems = [
        f"--upgrade-package {name!r} is in no lock and no pin of these DAG types{did_you_mean(plain, known)}"
        for name, plain in names.items()
        if plain not in known
    ]
    problems += _no_day(upgrade.exclude_newer)
    if problems:
        raise ConfigurationError(problems)
    return upgrade.model_copy(update={"packages": tuple(sorted(set(names.values())))})


def _is_day(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return _DAY.fullmatch(text) is not None


def _no_day(text: str) -> list[str]:
    return [f"--exclude-newer {text!r} is no day: {_HOW}"] if text and not _is_day(text) else []


def packages_of(lock: str | None) -> set[str]:
    """The names of the packages in a lock; none where it is missing."""
    found = re.findall(r'^name = "([A-Za-z0-9._-]+)"$', lock or "", flags=re.MULTILINE)
    return {canonicalize_name(name) for name in found}


def pinned_by(dag_type: DagType) -> set[str]:
    """The names of a type's own pins."""
    return {canonicalize_name(Requirement(pin).name) for pin in dag_type.project.dependencies}


def options(target: tuple[str, ...], upgrade: Upgrade) -> list[str]:
    """Options of uv: for the base's Python, and the day that was asked for."""
    return [*target, *(("--exclude-newer", upgrade.exclude_newer) if upgrade.exclude_newer else ())]


def job(  # noqa: PLR0913 - the facts of one job, each by its name
    dag_type: DagType,
    held: Held,
    *,
    text: str,
    uv: str,
    target: tuple[str, ...],
    upgrade: Upgrade,
    locked: Mapping[str, str] | None = None,
    newest: bool = False,
) -> str:
    """What ci/lock/programs/resolve.py is told, as JSON.

    Args:
        dag_type: whose requirements to resolve.
        held: what the base holds.
        text: its pyproject.toml.
        uv: the path of the program.
        target: uv's options for the base's Python.
        upgrade: which versions of a present lock may change.
        locked: the packages of the present lock, where they matter.
        newest: whether [tool.uv] exclude-newer is left out.

    Raises:
        ConfigurationError: [tool.uv] is no table, or has a day that is none.
    """
    document = tomllib.loads(text)
    settings = _settings(dag_type.file, document)
    groups = document.get("dependency-groups")
    if newest:
        settings = {key: value for key, value in settings.items() if key not in _NEWER}
    told = {
        "uv": [uv],
        "target": options(target, upgrade),
        "root": ROOT,
        "settings": settings,
        # uv wants a version, which an image has no use for.
        "project": {"version": "0", **document["project"]},
        "groups": cast("dict[str, Any]", groups) if isinstance(groups, dict) else {},
        "pins": list(dag_type.project.dependencies),
        "installed": held.installed_for(dag_type),
        "constrained": held.constraints_for(dag_type),
        "upgrade_packages": list(upgrade.packages),
        "locked": dict(locked or {}),
    }
    # TOML's dates become texts, which uv reads as well.
    return json.dumps(told, default=str, sort_keys=True)


def _settings(file: str, document: dict[str, Any]) -> dict[str, Any]:
    """The table [tool.uv]."""
    settings = document.get("tool", {}).get("uv", {})
    if not isinstance(settings, dict):
        raise ConfigurationError([f"{file}: tool.uv is wrong: expected the table [tool.uv]"])
    found = cast("dict[str, Any]", settings)
    problems = [
        f"{file}: [tool.uv] {key}: {value!r} is no day, and a span means another one every day: {_HOW}"
        for key, value in _days(found)
        if isinstance(value, str) and not _is_day(value)
    ]
    if problems:
        raise ConfigurationError(problems)
    return found


def _days(settings: dict[str, Any]) -> Iterator[tuple[str, object]]:
    for key in _NEWER:
        value = settings.get(key)
        if isinstance(value, dict):
            yield from ((f"{key}.{name}", day) for name, day in cast("dict[str, object]", value).items())
        else:
            yield key, value


def _pins(text: str, python: str) -> dict[str, str]:
    """The exact pins of a requirements file that hold on Linux for this version of Python."""
    environment = {
        "python_version": ".".join(python.split(".")[:2]),
        "python_full_version": python,
        "implementation_version": python,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "extra": "",
    }
    found: dict[str, str] = {}
    for line in text.replace("\\\n", " ").splitlines():
        # A comment, or options such as --hash.
        wish = _requirement(re.split(r"(?:^|\s)(?:#|--?[a-z])", line, maxsplit=1)[0])
        exact = [each for each in wish.specifier if each.operator in ("==", "===")] if wish else []
        if wish and len(exact) == 1 and _holds(wish, environment):
            found[canonicalize_name(wish.name)] = exact[0].version
    return found


def _holds(wish: Requirement, environment: dict[str, str]) -> bool:
    try:
        return not wish.marker or wish.marker.evaluate(environment)
    except (UndefinedComparison, UndefinedEnvironmentName):  # uv passes over such a comparison
        return True


def _requirement(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except (InvalidRequirement, SyntaxError):  # packaging reads a marker's strings as Python's
        return None
