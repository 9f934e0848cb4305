"""What uv is asked to resolve for a DAG type: its pins, and what the base holds fixed."""

import json
import re
import tomllib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import BaseModel, ConfigDict

from ..errors import ConfigurationError, did_you_mean
from ..spec import DagType

ROOT = "this-dag-type"
_NEWER = ("exclude-newer", "exclude-newer-package")


class Held(BaseModel):
    """What a base holds: what is installed in it, and what its constraints say; both as name → version.

    ``python`` is its Python, such as 3.13; empty where it isn't known.
    """

    model_config = ConfigDict(frozen=True)

    installed: dict[str, str]
    constraints: dict[str, str]
    python: str = ""

    @classmethod
    def parse(cls, freeze: str, constraints: str, python: str = "") -> "Held":
        """What ``uv pip freeze`` says of a base, and its constraints file, which may be empty."""
        return cls(installed=_pins(freeze), constraints=_pins(constraints), python=python)

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


def _no_day(text: str) -> list[str]:
    # uv takes spans such as "30 days" too, which mean something else every day.
    try:
        datetime.fromisoformat(text or "2026-01-01")
    except ValueError:
        return [f"--exclude-newer {text!r} is no day: write it like 2026-01-01 or 2026-01-01T12:00:00Z"]
    return []


def packages_of(lock: str | None) -> set[str]:
    """The names of the packages in a lock; none where it is missing."""
    found = re.findall(r'^name = "([A-Za-z0-9._-]+)"$', lock or "", flags=re.MULTILINE)
    return {canonicalize_name(name) for name in found}


def pinned_by(dag_type: DagType) -> set[str]:
    """The names of a type's own pins."""
    return {canonicalize_name(Requirement(pin).name) for pin in dag_type.project.dependencies}


def usable(lock: str | None) -> str | None:
    """A present lock whose versions can be kept: none where it is no TOML, such as after a failed merge."""
    try:
        tomllib.loads(lock or "")
    except tomllib.TOMLDecodeError:
        return None
    return lock


def complete(text: str) -> str:
    """A pyproject.toml as uv takes it: with a version in [project], which an image has no use for."""
    project: dict[str, Any] = tomllib.loads(text).get("project", {})
    if "version" in project or "version" in project.get("dynamic", ()):
        return text
    return re.sub(r"^\s*\[\s*project\s*\].*$", '\\g<0>\nversion = "0"', text, count=1, flags=re.MULTILINE)


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
    """What ci/inside/resolve.py is told, as JSON.

    Args:
        dag_type: whose requirements to resolve.
        held: what the base holds.
        text: its pyproject.toml.
        uv: the path of the program.
        target: uv's options for the base's Python.
        upgrade: which versions of a present lock may change.
        locked: the packages of the present lock, where they matter.
        newest: whether [tool.uv] exclude-newer is left out.
    """
    settings: dict[str, Any] = tomllib.loads(text).get("tool", {}).get("uv", {})
    if newest:
        settings = {key: value for key, value in settings.items() if key not in _NEWER}
    told = {
        "uv": [uv],
        "target": options(target, upgrade),
        "root": ROOT,
        "settings": settings,
        "pins": list(dag_type.project.dependencies),
        "installed": held.installed_for(dag_type),
        "constrained": held.constraints_for(dag_type),
        "upgrade_packages": list(upgrade.packages),
        "locked": dict(locked or {}),
    }
    # TOML's dates become texts, which uv reads as well.
    return json.dumps(told, default=str, sort_keys=True)


def _pins(text: str) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;#]+)", text, flags=re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}
