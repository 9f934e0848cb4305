"""The file of each package of a lock that was installed, by its SHA-256, where the lock leaves but one."""

import tomllib
from typing import Any

from packaging.utils import canonicalize_name

from .platforms import fits
from .purl import Package


def hashes(lock: str, platform: str) -> dict[Package, str]:
    """The SHA-256 of what was installed on a platform, by package.

    Args:
        lock: the text of a pylock.toml that was read before (``ci/lockfile.py``).
        platform: such as linux/amd64.
    """
    found = {
        Package("pypi", canonicalize_name(each["name"]), each["version"]): _file(each, platform)
        for each in tomllib.loads(lock).get("packages", [])
        if "version" in each
    }
    return {package: digest for package, digest in found.items() if digest}


def _file(package: dict[str, Any], platform: str) -> str:
    wheels = [each for each in package.get("wheels", []) if fits(each, platform)]
    if len(wheels) > 1:
        return ""
    file = wheels[0] if wheels else package.get("sdist", {})
    return str(file.get("hashes", {}).get("sha256", ""))
