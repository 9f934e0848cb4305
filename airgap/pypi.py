"""Packages from the Python package index, by pip and with the user's own pip settings; installed nowhere."""

import importlib.util
import sys
import zipfile
from pathlib import Path
from typing import TextIO

from airgap import commands, debian
from airgap.errors import AirgapError, CommandError
from airgap.folders import cache_folder


def unpack_wheels(requirements: list[str], folder: Path, *, log: TextIO) -> None:
    """Download wheels (pip's words: "uv==1.2.3", or "-r" and a file of hashes) and unpack them into a folder.

    What a wheel would install into bin/ lands in `<folder>/bin`. Raises CommandError where pip fails.
    """
    downloads = folder / "wheels"
    downloads.mkdir()
    env = {
        "TMPDIR": str(downloads),
        "PIP_CACHE_DIR": str(cache_folder() / "pip"),
    }  # nothing outside of the cache folder
    options = [
        "--no-deps",
        "--only-binary=:all:",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar=off",
    ]
    commands.run(
        [*_pip(folder, log), "download", *options, "--dest", downloads, *requirements], log=log, env=env
    )
    for wheel in downloads.glob("*.whl"):
        _unpack(wheel, folder)
        wheel.unlink()
    downloads.rmdir()


def _unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, folder))
            mode = entry.external_attr >> 16
            if mode & 0o777 and not path.is_dir():
                path.chmod(mode & 0o777)
    for scripts in folder.glob("*.data/scripts"):
        (folder / "bin").mkdir(exist_ok=True)
        for script in scripts.iterdir():
            script.chmod(0o755)
            script.rename(folder / "bin" / script.name)


def _pip(folder: Path, log: TextIO) -> list[str | Path]:
    """Return the words that start a pip: this Python's, one in a new environment, or Debian's wheel of it."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if importlib.util.find_spec("ensurepip"):
        try:
            commands.run([sys.executable, "-m", "venv", folder / "pip"], log=log)
        except CommandError as error:
            log.write(f"no pip from a new environment: {error}\n")
        else:
            return [folder / "pip" / "bin" / "python", "-m", "pip"]
    return [sys.executable, _debian_pip(log)]


def _debian_pip(log: TextIO) -> Path:
    """Return pip inside Debian's own wheel of it (a wheel is a zip file, which Python runs as it is)."""
    try:
        files = debian.package("python3-pip-whl", log=log)
        return next(files.glob("usr/share/python-wheels/pip-*.whl")) / "pip"
    except (AirgapError, StopIteration) as error:
        raise AirgapError(
            f"{sys.executable} has no pip, and none could be had from Debian's packages ({error}): "
            "install one (Debian: `apt-get install python3-pip`) and try again"
        ) from error
