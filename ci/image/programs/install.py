"""Install a lock; packages without a wheel are built by what the lock holds, and reproducibly.

    install.py PYLOCK.toml BUILT.toml REQUIREMENTS.txt FOLDER -- uv pip install …

BUILT.toml is the part of the lock that is built from source, PYLOCK.toml the other one, REQUIREMENTS.txt
what builds, FOLDER the environment. Runs in the base image, under its Python (3.9 or later); HOOK has
build_hook.py as sitecustomize.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

HOOK = "/mnt/build"
# The folders in which uv builds, whose names are random.
TRACE = re.compile(rb"/(?:sdists|builds)-v\d+/")


def main() -> int:
    """Build and install the packages without a wheel, then install the others; return the exit code."""
    lock, built, requirements, folder = sys.argv[1:5]
    uv = sys.argv[6:]
    names = [line.partition(" @ ")[0] for line in Path(requirements).read_text(encoding="utf-8").splitlines()]
    fixed = {"PYTHONPATH": HOOK, "BUILD_LOCKED": " ".join(names), "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
    since = time.time_ns()
    # Without a cache: a package in it may have been built by something else.
    build = [*uv, "--no-cache", "--build-constraints", requirements, "--requirements", built]
    if code := subprocess.run(build, env={**os.environ, **fixed}, check=False).returncode:  # noqa: S603
        return code
    if named := traces(Path(folder), since):
        sys.exit(
            f"{', '.join(named)}: names the folder that it was built in, another one in every build: "
            "pin a version that has a wheel"
        )
    return subprocess.run([*uv, "--no-build", "--requirements", lock], check=False).returncode  # noqa: S603


def traces(folder: Path, since: int) -> list[str]:
    """Return the files that were written since a time in nanoseconds and name a folder of uv's builds."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    written = (path for path in files if path.stat().st_ctime_ns >= since)
    return [path.relative_to(folder).as_posix() for path in written if TRACE.search(path.read_bytes())]


if __name__ == "__main__":
    sys.exit(main())
