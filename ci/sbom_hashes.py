"""The file of each package of a lock that was installed, by its SHA-256, where the lock leaves but one."""

import re
import tomllib
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name, parse_wheel_filename

from .platforms import MACHINES
from .purl import Package


def hashes(lock: str, platform: str) -> dict[Package, str]:
    """The SHA-256 of what was installed on a platform, by package.

    Args:
        lock: the text of a pylock.toml that was read before (``ci/lockfile.py``).
        platform: such as linux/amd64.
    """
    found = {
        Package("pypi", canonicalize_name(each["name"]), each["version"]): _file(each, MACHINES[platform])
        for each in tomllib.loads(lock).get("packages", [])
        if "version" in each
    }
    return {package: digest for package, digest in found.items() if digest}


def _file(package: dict[str, Any], machine: str) -> str:
    wheels = [each for each in package.get("wheels", []) if _fits(each, machine)]
    if len(wheels) > 1:
        return ""
    file = wheels[0] if wheels else package.get("sdist", {})
    return str(file.get("hashes", {}).get("sha256", ""))


def _fits(wheel: dict[str, Any], machine: str) -> bool:
    place: str = wheel.get("name") or wheel.get("path") or urlsplit(str(wheel.get("url"))).path
    tags = parse_wheel_filename(unquote(place).rpartition("/")[2])[3]
    return any(tag.platform == "any" or re.fullmatch(rf"manylinux.*_{machine}", tag.platform) for tag in tags)
