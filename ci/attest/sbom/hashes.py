"""The file of each package of a lock that was installed, by its SHA-256, where the lock leaves but one."""

import tomllib
from collections.abc import Mapping
from typing import Any

from packaging.utils import canonicalize_name

from ...image.platforms import fits, wheels
from .purl import Package


def hashes(lock: str, platform: str) -> dict[Package, str]:
    """The SHA-256 of what was installed on a platform, by package.

    Args:
        lock: the text of a pylock.toml that was read before (``ci/config/lockfile.py``).
        platform: such as linux/amd64.
    """
    found = {
        Package("pypi", canonicalize_name(each["name"]), each["version"]): _file(each, platform)
        for each in tomllib.loads(lock).get("packages", [])
        if "version" in each
    }
    return {package: digest for package, digest in found.items() if digest}


def _file(package: dict[str, Any], platform: str) -> str:
    fitting = [each for each in wheels(package) if fits(each, platform)]
    if len(fitting) > 1:
        return ""
    file: Mapping[str, Any] = next(iter(fitting), package.get("sdist") or package.get("archive", {}))
    return str(file.get("hashes", {}).get("sha256", ""))
