"""Make builds of source distributions reproducible and known: ``sitecustomize`` of uv's build environments.

Python imports it in each process of a build, by PYTHONPATH. Compilers get flags that keep the folders of the
build, whose names are random, and debug information out of what they write. Two variables of the environment:

    BUILD_RECORD   a file that gets the installed build requirements, a line "name==version" each
    BUILD_LOCKED   the names of those that may be installed, separated by spaces; a build with others stops
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

# The names of uv's folders for sources and build environments, without the number of their format.
SOURCES = re.compile(r".*?/sdists-v\d+/.*?/src(?=/|$)")
ENVIRONMENTS = re.compile(r"builds-v\d+")


def requirements() -> list[str]:
    """Return the distributions of this environment as name==version, sorted; not those that others bundle."""
    installed = metadata.distributions(path=[sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    names = {
        (re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower(), distribution.version)
        for distribution in installed
    }
    return [f"{name}=={version}" for name, version in sorted(names)]


def flags(folder: str, environment: str) -> dict[str, str]:
    """Return additions to the variables that hold the flags of compilers, for a build in a folder."""
    match = SOURCES.match(folder)
    maps = {match[0] if match else folder: "/src", environment: "/build"}
    prefixes = " ".join(f"-ffile-prefix-map={path}={name}" for path, name in maps.items())
    remaps = " ".join(f"--remap-path-prefix={path}={name}" for path, name in maps.items())
    return {
        "CFLAGS": f"-g0 {prefixes}",
        "CXXFLAGS": f"-g0 {prefixes}",
        "RUSTFLAGS": remaps,
        "GOFLAGS": "-trimpath",
    }


def main() -> None:
    """Record or check what is installed, and set the flags, in the environment of a build."""
    if not ENVIRONMENTS.fullmatch(Path(sys.prefix).parent.name):
        return
    if record := os.environ.get("BUILD_RECORD"):
        with Path(record).open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in requirements()))
    locked = os.environ.get("BUILD_LOCKED")
    names = {line.partition("==")[0] for line in requirements()}
    if locked is not None and (others := sorted(names - set(locked.split()))):
        sys.exit(f"builds with {', '.join(others)}, which the lock doesn't hold: run: dagger call lock -y")
    for name, value in flags(os.getcwd(), sys.prefix).items():  # noqa: PTH109 - a text is wanted
        if value not in os.environ.get(name, ""):  # once, though each process of the build comes here
            os.environ[name] = f"{os.environ.get(name, '')} {value}".strip()


if __name__ == "sitecustomize":
    main()
