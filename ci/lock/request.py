"""The job that uv resolves for a DAG type: its pins, and the versions that the base holds."""

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
from ..errors import ConfigurationError, did_you_mean, refuse

ROOT = "this-dag-type"
_DATE_KEYS = ("exclude-newer", "exclude-newer-package")
# uv takes spans such as "30 days" too, which mean something else every day.
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_EXPECTED_DATE = "expected a date like 2026-01-01 or 2026-01-01T12:00:00Z"


class BasePackages(BaseModel):
    """The versions that a base holds, by package: of what is installed, and of what its constraints name.

    ``full_python`` is the version of its Python, such as 3.13.11; empty where it isn't known.
    """

    model_config = ConfigDict(frozen=True)

    installed: dict[str, str]
    constraints: dict[str, str]
    full_python: str = ""

    @property
    def python(self) -> str:
        """The series of its Python, such as 3.13."""
        return ".".join(self.full_python.split(".")[:2])

    @classmethod
    def parse(cls, listing: str, constraints: str, python: str) -> "BasePackages":
        """Return the versions that a base holds.

        ``listing`` is the output of ``uv pip list --format json``, ``constraints`` the text of its file of
        constraints, which may be empty, ``python`` the full version of its Python, such as 3.13.11.
        """
        return cls(
            installed={canonicalize_name(entry["name"]): entry["version"] for entry in json.loads(listing)},
            constraints=_exact_pins(constraints, python),
            full_python=python,
        )

    def installed_for(self, dag_type: DagType) -> dict[str, str]:
        """Return the installed versions that a DAG type may not change."""
        free = dag_type.settings.allow_base_changes
        return {name: version for name, version in self.installed.items() if name not in free}

    def constraints_for(self, dag_type: DagType) -> dict[str, str]:
        """Return the versions that a DAG type must take of packages that aren't installed."""
        free = {*dag_type.settings.allow_outside_constraints, *dag_type.settings.allow_base_changes}
        return {
            name: version
            for name, version in self.constraints.items()
            if name not in free and name not in self.installed
        }


class Upgrade(BaseModel):
    """Which versions of a present lock may be replaced by newer ones.

    ``everything``: all; ``packages``: those; ``exclude_newer``: the date beyond which no file counts, in
    place of the one in [tool.uv].
    """

    model_config = ConfigDict(frozen=True)

    everything: bool = False
    packages: tuple[str, ...] = ()
    exclude_newer: str = ""

    @property
    def is_requested(self) -> bool:
        """Whether any version may become newer, so that the index has to be asked again."""
        return self.everything or bool(self.packages)


def validated(upgrade: Upgrade, known: Collection[str]) -> Upgrade:
    """Return an upgrade as a user wrote it with normalized package names, which must be known."""
    names = {name: canonicalize_name(name) for name in upgrade.packages}
    problems = [
        f"--upgrade-package {name!r}: no lock or pin of these DAG types has it{did_you_mean(plain, known)}"
        for name, plain in names.items()
        if plain not in known
    ]
    if upgrade.exclude_newer and not _is_date(upgrade.exclude_newer):
        problems.append(f"--exclude-newer {upgrade.exclude_newer!r}: invalid date; {_EXPECTED_DATE}")
    refuse(problems)
    return upgrade.model_copy(update={"packages": tuple(sorted(set(names.values())))})


def packages_of(lock: str | None) -> set[str]:
    """Return the names of the packages in a lock; none where it is missing."""
    names = re.findall(r'^name = "([A-Za-z0-9._-]+)"$', lock or "", flags=re.MULTILINE)
    return {canonicalize_name(name) for name in names}


def pinned_by(dag_type: DagType) -> set[str]:
    """Return the names of a type's own pins."""
    return {canonicalize_name(Requirement(pin).name) for pin in dag_type.project.dependencies}


def job(  # noqa: PLR0913 - the facts of one job, each by its name
    dag_type: DagType,
    base_packages: BasePackages,
    *,
    text: str,
    uv: str,
    target: tuple[str, ...],
    upgrade: Upgrade,
    locked: Mapping[str, str] | None = None,
) -> str:
    """Return the job for ci/lock/programs/resolve.py, as JSON.

    ``text`` is the type's pyproject.toml, ``uv`` the path of the program, ``target`` its options for the
    base's Python. ``locked`` are the packages of the present lock, to look up all newer ones: without
    [tool.uv] exclude-newer.
    """
    document = tomllib.loads(text)
    settings = _uv_settings(dag_type.file, document)
    groups = document.get("dependency-groups")
    if locked is not None:
        settings = {key: value for key, value in settings.items() if key not in _DATE_KEYS}
    date = ("--exclude-newer", upgrade.exclude_newer) if upgrade.exclude_newer else ()
    content = {
        "uv": [uv],
        "target": [*target, *date],
        "root": ROOT,
        "settings": settings,
        # uv requires a version, which an image has no use for.
        "project": {"version": "0", **document["project"]},
        "groups": cast("dict[str, Any]", groups) if isinstance(groups, dict) else {},
        "pins": list(dag_type.project.dependencies),
        "installed": base_packages.installed_for(dag_type),
        "constrained": base_packages.constraints_for(dag_type),
        "upgrade_packages": list(upgrade.packages),
        "locked": dict(locked or {}),
    }
    # TOML's dates become texts, which uv reads as well.
    return json.dumps(content, default=str, sort_keys=True)


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return _DATE.fullmatch(text) is not None


def _uv_settings(file: str, document: dict[str, Any]) -> dict[str, Any]:
    """Return the table [tool.uv]."""
    table = document.get("tool", {}).get("uv", {})
    if not isinstance(table, dict):
        raise ConfigurationError([f"{file}: tool.uv: expected the table [tool.uv]"])
    settings = cast("dict[str, Any]", table)
    problems = [
        f"{file}: [tool.uv] {key}: invalid date {value!r}; {_EXPECTED_DATE}, not a span"
        for key, value in _dates(settings)
        if isinstance(value, str) and not _is_date(value)
    ]
    refuse(problems)
    return settings


def _dates(settings: dict[str, Any]) -> Iterator[tuple[str, object]]:
    for key in _DATE_KEYS:
        value = settings.get(key)
        if isinstance(value, dict):
            yield from ((f"{key}.{name}", date) for name, date in cast("dict[str, object]", value).items())
        else:
            yield key, value


def _exact_pins(requirements: str, python: str) -> dict[str, str]:
    """Return the exact pins of a requirements file that hold on Linux for a version of Python."""
    series = ".".join(python.split(".")[:2])
    environment = {"python_version": series, "python_full_version": python, "implementation_version": python}
    environment |= {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "extra": ""}
    pins: dict[str, str] = {}
    for line in requirements.replace("\\\n", " ").splitlines():
        # A comment, or options such as --hash.
        text = re.split(r"(?:^|\s)(?:#|--?[a-z])", line, maxsplit=1)[0]
        try:
            requirement = Requirement(text)
        except (InvalidRequirement, SyntaxError):  # packaging reads a marker's strings as Python's
            continue
        if not _applies(requirement, environment):
            continue
        exact = [part.version for part in requirement.specifier if part.operator in ("==", "===")]
        if len(exact) == 1:
            pins[canonicalize_name(requirement.name)] = exact[0]
    return pins


def _applies(requirement: Requirement, environment: dict[str, str]) -> bool:
    try:
        return not requirement.marker or requirement.marker.evaluate(environment)
    except (UndefinedComparison, UndefinedEnvironmentName):  # uv ignores such a comparison
        return True
