"""The images that stand in for apache/airflow, one a release: layers, settings, labels of the real ones."""

import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TextIO

from airgap import debian
from airgap.layer import files_of
from airgap.oci import Config, rfc3339, write_layer, write_layout
from airgap.standins import base as base_image
from airgap.standins.airflow import environment, releases
from airgap.standins.airflow.environment import AIRFLOW_HOME, HOME, UID, add_airflow
from airgap.standins.airflow.releases import Release
from airgap.steps import Step, digest_of

_PACKAGES = ("curl", "dumb-init", "git", "libpq5", "netcat-openbsd", "openssh-client")
_RECIPE = (
    environment.ENTRYPOINT,
    environment.PIP_AS_ROOT,
    *(Path(str(module.__file__)) for module in (environment, releases)),
    Path(__file__),
)
_COMMIT = "0" * 40  # the commit that the real image was built from isn't that of this one


def airflow_step(release: Release, base: Step, uv: Step) -> Step:
    """Return the step that makes the layout of a release's image; `uv`'s result holds bin/uv."""
    return Step(
        name=f"standin-airflow-{release.version}",
        inputs=digest_of(base.inputs, uv.inputs, release.tag, release.folder, *_RECIPE),
        build=lambda folder, log: _build(release, base, uv.result / "bin", folder, log),
        needs=(base, uv),
    )


def _build(release: Release, base: Step, uv: Path, folder: Path, log: TextIO) -> None:
    packages, created = release.packages(), release.created()
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        root = Path(scratch) / "root"
        debian.bootstrap(root, [*base_image.PACKAGES, *_PACKAGES], log=log, hooks=base_image.HOOKS)
        add_airflow(root, release, uv, log=log)
        python = base_image.python_version(root, log)
        # No layer is shared with Python's stand-in, as between the real images: an engine started anew packs
        # a layer that it kept for another image's sake again, and gives it another digest. Nor do releases
        # share one: each has the times of its own day.
        system = files_of(root, where=lambda name: not _is_environment(name))
        own = files_of(root, below=base_image.root_of(base), where=_is_environment)
        layers = [
            write_layer(
                folder,
                system,
                made_by="airgap: Debian trixie, system packages, user, entrypoint",
                created=created,
            ),
            write_layer(
                folder, own, made_by=f"airgap: Airflow {release.version} and its providers", created=created
            ),
        ]
    config = Config(
        env=environment_variables(release.version, python, packages),
        entrypoint=("/usr/bin/dumb-init", "--", "/entrypoint"),
        user=str(UID),
        working_dir=AIRFLOW_HOME,
        ports=("8080/tcp",),
        labels=labels(release.version, python, created),
    )
    write_layout(folder, release.tag, layers, config, architecture=debian.architecture(), created=created)


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


def labels(airflow: str, python: str, created: datetime) -> dict[str, str]:
    """Return the labels of the real image, made at that time, which an image built on it inherits."""
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
        f"{oci}created": rfc3339(created),
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
