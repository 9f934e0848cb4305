"""Find which packages of a lock have no wheel for this Python, and what builds them, with hashes."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

from .job import Job

HOOK = "/mnt/build"  # the folder with ci/image/programs/build_hook.py as sitecustomize.py
INSTALL = ("--no-deps", "--require-hashes", "--preview-features", "pylock")
_NO_WHEEL = re.compile(r"Package `([^`]+)` can't be installed because it is marked as `--no-build`")
_PACKAGE = "[[packages]]\n"


class BuildError(Exception):
    """A run of uv that failed, with its message."""


def builds(job: Job, lock: str, present: Mapping[str, Any], folder: Path) -> dict[str, Any] | None:
    """Return the packages that are built from source, and what builds them; None where all have wheels.

    Args:
        job: has uv, and its options for the base's Python.
        lock: the text of a pylock.toml as uv writes it.
        present: the answer of an earlier run, kept where the same packages are built.
        folder: a folder for files, with the type's pyproject.toml, whose [tool.uv] holds.

    Returns:
        "packages", as {name: version}; and "requirements", as "name @ address#sha256=…", sorted.

    Raises:
        BuildError: a package can't be built.
    """
    versions = {package["name"]: package["version"] for package in tomllib.loads(lock).get("packages", ())}
    names = _without_wheel(job, lock, set(versions), folder)
    if not names:
        return None
    packages = {name: versions[name] for name in sorted(names)}
    if present.get("packages") == packages:
        return dict(present)
    return {"packages": packages, "requirements": _locked(job, _recorded(job, lock, names, folder), folder)}


def _without_wheel(job: Job, lock: str, packages: set[str], folder: Path) -> set[str]:
    names: set[str] = set()
    while names != packages:  # uv takes no lock without packages
        file = _written(folder, _only(lock, lambda name: name not in names))
        done = _uv(
            job, folder, "pip", "install", "--dry-run", "--no-build", *INSTALL, *job.target, "-r", file
        )
        if done.returncode == 0:
            return names
        match = _NO_WHEEL.search(done.stderr)
        if match is None or match[1] in names:
            raise BuildError(done.stderr)
        names.add(match[1])
    return names


def _recorded(job: Job, lock: str, names: set[str], folder: Path) -> list[str]:
    """Build the packages, and return what was installed for that, as name==version."""
    record = folder / "record.txt"
    record.write_text("", encoding="utf-8")
    file = _written(folder, _only(lock, lambda name: name in names))
    environment = {"PYTHONPATH": HOOK, "BUILD_RECORD": str(record.resolve())}
    # Without a cache: a package that was built before would be built by nothing.
    with TemporaryDirectory() as target:
        command = ["pip", "install", "--no-cache", "--target", target, *INSTALL, *job.target, "-r", file]
        done = _uv(job, folder, *command, environment=environment)
    if done.returncode:
        raise BuildError(done.stderr)
    recorded = sorted(set(record.read_text(encoding="utf-8").split()))
    names_of = [line.partition("==")[0] for line in recorded]
    if twice := sorted({name for name in names_of if names_of.count(name) > 1}):
        versions = ", ".join(line for line in recorded if line.partition("==")[0] in twice)
        raise BuildError(
            f"these packages are built with different versions of the same package, {versions}: "
            "set [tool.uv] build-constraint-dependencies to one of them"
        )
    return recorded


def _locked(job: Job, requirements: Sequence[str], folder: Path) -> list[str]:
    """Return requirements with the addresses and hashes of their files: wheels, else source distributions."""
    (folder / "build.in").write_text("\n".join(requirements), encoding="utf-8")
    command = ["pip", "compile", "build.in", "--no-deps", "--generate-hashes", "--quiet", *job.target]
    command += [
        "--format",
        "pylock.toml",
        "--preview-features",
        "pylock",
        "--output-file",
        "pylock.build.toml",
    ]
    done = _uv(job, folder, *command)
    if done.returncode:
        raise BuildError(done.stderr)
    packages = tomllib.loads((folder / "pylock.build.toml").read_text(encoding="utf-8")).get("packages", [])
    return sorted(f"{package['name']} @ {_address(package)}" for package in packages)


def _address(package: Mapping[str, Any]) -> str:
    """Return the file that uv would take: the wheel whose tag this Python prefers, else the source."""
    # Airflow requires packaging, so every base has it.
    from packaging.tags import sys_tags  # noqa: PLC0415
    from packaging.utils import parse_wheel_filename  # noqa: PLC0415

    ranks = {tag: rank for rank, tag in enumerate(sys_tags())}
    fitting: dict[int, Mapping[str, Any]] = {}
    for wheel in package.get("wheels", ()):
        tags = parse_wheel_filename(unquote(wheel["url"].rpartition("/")[2]))[3] & ranks.keys()
        fitting |= {ranks[tag]: wheel for tag in tags}
    file = fitting[min(fitting)] if fitting else package["sdist"]
    return f"{file['url']}#sha256={file['hashes']['sha256']}"


def _only(lock: str, is_kept: Callable[[str], bool]) -> str:
    head, *packages = lock.split(_PACKAGE)
    kept = [text for text in packages if is_kept(tomllib.loads(text.split("\n[")[0])["name"])]
    return _PACKAGE.join([head, *kept])


def _written(folder: Path, text: str) -> str:
    (folder / "pylock.part.toml").write_text(text, encoding="utf-8")
    return "pylock.part.toml"


def _uv(
    job: Job, folder: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [*job.uv, *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **(environment or {})},
    )
