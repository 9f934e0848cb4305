"""The image that stands in for apache/airflow: layers, settings and labels of the real one."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from airgap import debian
from airgap.layer import files_of
from airgap.oci import CREATED, Config, write_layer, write_layout
from airgap.pins import Image
from airgap.standins import base as base_image
from airgap.standins.airflow.environment import (
    AIRFLOW_HOME,
    HERE,
    HOME,
    UID,
    add_airflow,
    check_lock,
    locked_versions,
)
from airgap.steps import Step, digest_of

_PACKAGES = ("curl", "dumb-init", "git", "libpq5", "netcat-openbsd", "openssh-client")
_COMMIT = "0" * 40  # the commit that the real image was built from isn't that of this one


def airflow_step(image: Image, base: Step, uv: Step) -> Step:
    """Return the step that makes the Airflow image's layout; `uv` is the step whose result holds bin/uv."""
    return Step(
        name="standin-airflow",
        inputs=digest_of(base.inputs, uv.inputs, image.tag, HERE),
        build=lambda folder, log: _build(image, base, uv.result / "bin", folder, log),
        needs=(base, uv),
    )


def _build(image: Image, base: Step, uv: Path, folder: Path, log: TextIO) -> None:
    versions = locked_versions()
    airflow = check_lock(image.tag, versions)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        root = Path(scratch) / "root"
        debian.bootstrap(root, [*base_image.PACKAGES, *_PACKAGES], log=log, hooks=base_image.HOOKS)
        add_airflow(root, uv, log=log)
        python = base_image.python_version(root, log)
        # No layer is shared with Python's stand-in, as between the real images: an engine started anew packs
        # a layer that it kept for another image's sake again, and gives it another digest.
        system = files_of(root, where=lambda name: not _is_environment(name))
        environment = files_of(root, below=base_image.root_of(base), where=_is_environment)
        layers = [
            write_layer(folder, system, made_by="airgap: Debian trixie, system packages, user, entrypoint"),
            write_layer(folder, environment, made_by=f"airgap: Airflow {airflow} and its providers"),
        ]
    config = Config(
        env=environment_variables(airflow, python, versions),
        entrypoint=("/usr/bin/dumb-init", "--", "/entrypoint"),
        user=str(UID),
        working_dir=AIRFLOW_HOME,
        ports=("8080/tcp",),
        labels=labels(airflow, python),
    )
    write_layout(folder, image.tag, layers, config, architecture=debian.architecture())


def _is_environment(name: str) -> bool:
    return f"/{name}/".startswith((f"{HOME}/", f"{AIRFLOW_HOME}/"))


def environment_variables(airflow: str, python: str, versions: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that the real image sets, for these versions of Airflow, Python, pip and uv."""
    return {
        "PATH": f"/root/bin:{HOME}/.local/bin:/usr/python/bin:{base_image.PATH}",
        "VIRTUAL_ENV": f"{HOME}/.local",
        "AIRFLOW_HOME": AIRFLOW_HOME,
        "AIRFLOW_USER_HOME_DIR": HOME,
        "AIRFLOW_UID": str(UID),
        "AIRFLOW_VERSION": airflow,
        "AIRFLOW_PYTHON_VERSION": python,
        "AIRFLOW_PIP_VERSION": versions["pip"],
        "AIRFLOW_UV_VERSION": versions["uv"],
        "AIRFLOW_USE_UV": "false",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "PIP_CACHE_DIR": "/tmp/.cache/pip",  # noqa: S108 -- as the real image says
        "UV_CACHE_DIR": "/tmp/.cache/uv",  # noqa: S108 -- as the real image says
        "DUMB_INIT_SETSID": "1",
        "GUNICORN_CMD_ARGS": "--worker-tmp-dir /dev/shm",
        "LANG": "C.UTF-8",
        "LANGUAGE": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "BUILD_ID": "",
        "COMMIT_SHA": _COMMIT,
    }


def labels(airflow: str, python: str) -> dict[str, str]:
    """Return the labels of the real image, which an image built on it inherits."""
    own = "org.apache.airflow."
    oci = "org.opencontainers.image."
    return {
        f"{own}component": "airflow",
        f"{own}distro": "debian",
        f"{own}image": "airflow",
        f"{own}main-image.build-id": "",
        f"{own}main-image.commit-sha": _COMMIT,
        f"{own}module": "airflow",
        f"{own}python.version": python,
        f"{own}uid": str(UID),
        f"{own}version": airflow,
        f"{oci}authors": "dev@airflow.apache.org",
        f"{oci}created": CREATED.strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"{oci}description": "Reference, production-ready Apache Airflow image",
        f"{oci}documentation": "https://airflow.apache.org/docs/docker-stack/index.html",
        f"{oci}licenses": "Apache-2.0",
        f"{oci}ref.name": "airflow",
        f"{oci}revision": _COMMIT,
        f"{oci}source": "https://github.com/apache/airflow",
        f"{oci}title": "Production Airflow Image",
        f"{oci}url": "https://airflow.apache.org",
        f"{oci}vendor": "Apache Software Foundation",
        f"{oci}version": airflow,
    }
