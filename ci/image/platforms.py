"""Platforms such as linux/arm64: the accepted ones, and whether a lock has wheels for them."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import parse_wheel_filename

from ..config.dag_type import DagType
from ..config.lockfile import Lock
from ..errors import did_you_mean, refuse

# OCI's names of platforms, and the machines in the tags of wheels (PEP 425, PEP 600).
MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}


def parse(texts: list[str] | None) -> tuple[str, ...]:
    """Return the platforms in texts such as ``linux/amd64,linux/arm64``, sorted, without repetitions.

    Raise ConfigurationError with every unknown one.
    """
    names = sorted({name.strip() for text in texts or () for name in text.split(",") if name.strip()})
    problems = [
        f"unknown platform {name!r}{did_you_mean(name, MACHINES) or ':'} choose {' or '.join(MACHINES)}"
        for name in names
        if name not in MACHINES
    ]
    refuse(problems)
    return tuple(names)


def require_wheels(dag_type: DagType, lock: Lock, platforms: tuple[str, ...]) -> None:
    """Raise ConfigurationError, before any build, with every package that has no wheel for a platform."""
    problems = [
        f"{dag_type.file}: {package} has no wheel for {platform} in its lock: "
        "choose a version that has one, or publish without that platform"
        for platform in platforms
        for package in missing(lock, platform)
    ]
    refuse(problems)


def missing(lock: Lock, platform: str) -> list[str]:
    """Return the packages of a lock, as name==version, without a wheel for a platform."""
    return [
        f"{package['name']}=={package.get('version', '?')}"
        for package in tomllib.loads(lock.text).get("packages", [])
        if not any(fits(wheel, platform) for wheel in wheels(package))
    ]


def wheels(package: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the wheels of a package in a pylock.toml; from an address of its own it has one at most."""
    archive = package.get("archive", {})
    return [*package.get("wheels", []), *([archive] if _file_of(archive).endswith(".whl") else [])]


def fits(wheel: Mapping[str, str], platform: str) -> bool:
    """Return whether a wheel in a pylock.toml can be installed on a platform, which is one of MACHINES."""
    tags = parse_wheel_filename(_file_of(wheel))[3]
    fitting = re.compile(rf"any|manylinux.*_{MACHINES[platform]}")
    return any(fitting.fullmatch(tag.platform) for tag in tags)


def _file_of(artifact: Mapping[str, str]) -> str:
    path = artifact.get("name") or artifact.get("path") or urlsplit(artifact.get("url", "")).path
    return unquote(path).rpartition("/")[2]
