"""What Airflow's stand-in is made of: packages as locked, in an environment inside a root file system."""

import shutil
import tempfile
from pathlib import Path
from typing import TextIO

from airgap import commands
from airgap.chroot import run_in
from airgap.debian import architecture
from airgap.folders import cache_folder
from airgap.python_index import uv_settings
from airgap.standins.airflow.releases import PYTHON, Release, constraints

_HERE = Path(__file__).parent
ENTRYPOINT = _HERE / "entrypoint.sh"
PIP_AS_ROOT = _HERE / "pip_as_root.sh"
HOME = "/home/airflow"
AIRFLOW_HOME = "/opt/airflow"
UID = 50000
_ENVIRONMENT = f"{HOME}/.local"
_PYTHON = f"/usr/python/bin/python{PYTHON}"


def add_airflow(root: Path, release: Release, uv: Path, *, log: TextIO) -> None:
    """Install a release of Airflow and all around it into a root file system that has Python.

    `uv` is the folder with the program. Packages are downloaded on the machine, into a cache that outlives an
    interruption, and installed inside without a network.
    """
    _add_user(root, log)
    _link_python(root)
    _install_packages(root, release.lock, uv, log)
    (root / HOME[1:] / "constraints.txt").write_text(constraints(release.packages()))
    for name in ("dags", "logs"):
        (root / AIRFLOW_HOME[1:] / name).mkdir(parents=True)
    _add_script(root / "entrypoint", ENTRYPOINT)
    _add_script(root / "root" / "bin" / "pip", PIP_AS_ROOT)
    _hand_over(root, log)


def _add_user(root: Path, log: TextIO) -> None:
    add = ["useradd", "--uid", str(UID), "--gid", "0", "--create-home", "--shell", "/bin/bash", "airflow"]
    # Shadow writes today's date into the account otherwise.
    run_in(root, add, log=log, env={"SOURCE_DATE_EPOCH": "0"})
    # The entrypoint names users that it finds unnamed.
    (root / "etc/passwd").chmod(0o664)


def _link_python(root: Path) -> None:
    folder = root / Path(_PYTHON).parent.relative_to("/")
    folder.mkdir(parents=True)
    (folder / Path(_PYTHON).name).symlink_to(f"/usr/bin/{Path(_PYTHON).name}")
    for name in ("python", "python3"):
        (folder / name).symlink_to(Path(_PYTHON).name)


def _install_packages(root: Path, lock: Path, uv: Path, log: TextIO) -> None:
    cache = cache_folder() / "uv"
    cache.mkdir(parents=True, exist_ok=True)
    options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--no-config"]
    machine = {"amd64": "x86_64", "arm64": "aarch64"}[architecture()]
    target = [f"--python-version={PYTHON}", f"--python-platform={machine}-manylinux_2_40"]
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        install = [uv / "uv", "pip", "install", *options, *target, f"--target={folder}", "-r", lock]
        commands.run(install, log=log, env={"UV_CACHE_DIR": str(cache), **uv_settings()})
    run_in(root, [_PYTHON, "-m", "venv", "--without-pip", _ENVIRONMENT], log=log)
    shutil.copy(lock, root / "tmp/requirements.txt")
    inside = ["/mnt/uv", "pip", "install", *options, "--offline", "-r", "/tmp/requirements.txt"]  # noqa: S108 -- the root's
    settings = {"UV_CACHE_DIR": "/media", "UV_LINK_MODE": "copy", "VIRTUAL_ENV": _ENVIRONMENT}
    run_in(root, inside, log=log, env=settings, lent={"/mnt": uv, "/media": cache})
    (root / "tmp/requirements.txt").unlink()
    (root / _ENVIRONMENT[1:] / ".lock").unlink(missing_ok=True)  # uv's own


def _add_script(place: Path, source: Path) -> None:
    place.parent.mkdir(exist_ok=True)
    shutil.copyfile(source, place)
    place.chmod(0o755)


def _hand_over(root: Path, log: TextIO) -> None:
    """Give the user's folders to airflow and group 0, which may do all that the owner may; drop byte code."""
    folders = [root / HOME[1:], root / AIRFLOW_HOME[1:]]
    commands.run(
        ["find", *folders, "-name", "__pycache__", "-prune", "-exec", "rm", "-r", "{}", "+"], log=log
    )
    commands.run(["chown", "-R", "--no-dereference", f"{UID}:0", *folders], log=log)
    commands.run(["chmod", "-R", "g=u", *folders], log=log)
