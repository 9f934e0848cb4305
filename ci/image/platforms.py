"""Platforms such as linux/arm64: which are accepted, and whether a lock's packages have wheels for them."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import parse_wheel_filename

from ..config.dag_type import DagType
from ..config.lockfile import Lock
from ..errors import ConfigurationError, did_you_mean

# OCI's names of architectures, and those that wheels' tags end with (PEP 425, PEP 600).
MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}


def parse(texts: list[str] | None) -> tuple[str, ...]:
    """Platforms from ``linux/amd64,linux/arm64`` or several such texts, sorted, each once.

    Raises:
        ConfigurationError: one of them isn't known.
    """
    found = sorted({name.strip() for text in texts or () for name in text.split(",") if name.strip()})
    problems = [
        f"--platform {name!r} isn't known{did_you_mean(name, MACHINES)}; there are {', '.join(MACHINES)}"
        for name in found
        if name not in MACHINES
    ]
    if problems:
        raise ConfigurationError(problems)
    return tuple(found)


def require_wheels(dag_type: DagType, lock: Lock, platforms: tuple[str, ...]) -> None:
    """Make sure, before anything is built, that each package can be installed on each platform.

    Raises:
        ConfigurationError: naming every package that has no wheel for a platform.
    """
    problems = [
        f"{dag_type.file}: {package} has no wheel for {platform} in its lock: "
        "choose a version that has one, or publish without that platform"
        for platform in platforms
        for package in missing(lock, platform)
    ]
    if problems:
        raise ConfigurationError(problems)


def missing(lock: Lock, platform: str) -> list[str]:
    """Packages of a lock, as name==version, of which no wheel fits a platform."""
    return [
        f"{package['name']}=={package.get('version', '?')}"
        for package in tomllib.loads(lock.text).get("packages", [])
        if not any(fits(wheel, platform) for wheel in wheels(package))
    ]


def wheels(package: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The wheels of a package, as a pylock.toml lists them; from an address of its own it has one at most."""
    archive = package.get("archive", {})
    return [*package.get("wheels", []), *([archive] if _file_of(archive).endswith(".whl") else [])]


def fits(wheel: Mapping[str, str], platform: str) -> bool:
    """Whether a wheel, as a pylock.toml lists it, can be installed on a platform.

    Args:
        wheel: with its "name", "path" or "url".
        platform: one of MACHINES.
    """
    tags = parse_wheel_filename(_file_of(wheel))[3]
    fitting = re.compile(rf"any|manylinux.*_{MACHINES[platform]}")
    return any(fitting.fullmatch(tag.platform) for tag in tags)


def _file_of(artifact: Mapping[str, str]) -> str:
    """The name of a file."""
    place = artifact.get("name") or artifact.get("path") or urlsplit(artifact.get("url", "")).path
    return unquote(place).rpartition("/")[2]
