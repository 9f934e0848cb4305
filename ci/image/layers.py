"""The layers that a DAG type adds to its base, rarest change first: system packages, delta, scripts, DAGs.

Each is a folder with layer.tar.gz and layer.json, made by ``programs/capture.py``; the engine keeps it for as
long as its inputs stay the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import dagger
from dagger import dag

from ..config.dag_type import DagType
from ..config.lockfile import Lock
from ..tools import containers
from ..tools.engine import retrying
from . import oci
from .base import ENVIRONMENT, PYTHON

AIRFLOW = "50000:0"  # uid and gid of the official image's user (Airflow docker-stack documentation)
# 1980-01-01, the time of every file: the oldest that a ZIP file can have, so that tools can zip the files.
TIME = "315532800"
OUT = "/layer"


@dataclass(frozen=True, kw_only=True)
class LayerPlan:
    """A layer that isn't made yet: its title, and the folder that the engine will make it in."""

    title: str
    folder: dagger.Directory

    @property
    def tarball(self) -> dagger.File:
        """The compressed layer."""
        return self.folder.file("layer.tar.gz")

    async def make(self) -> oci.Layer:
        """Make the layer, unless the engine has it, and return its description."""
        return oci.Layer.parse(self.title, await retrying(self.folder.file("layer.json").contents))


def system_packages(base: dagger.Container, packages: tuple[str, ...]) -> tuple[LayerPlan, dagger.Container]:
    """Return a layer with Debian packages, and the base with them installed."""
    installed = _prepared(base).with_exec(
        _capture("run", "--root", "/", "--out", OUT, "--", "sh", "-ec", containers.apt_get(packages))
    )
    return LayerPlan(title="system packages", folder=installed.directory(OUT)), installed.without_directory(
        OUT
    )


def delta(
    base: dagger.Container, dag_type: DagType, lock: Lock, own: Sequence[str], netrc: dagger.Secret | None
) -> tuple[list[LayerPlan], dagger.Container]:
    """Return the packages of a lock as layers, last that of all others, and the base with them installed.

    The engine makes them once for all types with the same packages. ``own`` are those that get a layer of
    their own, sorted; the type has the Debian packages that a build needs.
    """
    builder = _prepared(base)
    if dag_type.settings.build_packages:
        builder = builder.with_exec(["sh", "-ec", containers.apt_get(dag_type.settings.build_packages)])
    install = [containers.UV, "pip", "install", "--python", PYTHON, "--no-config"]
    install += ["--no-deps", "--require-hashes", "--preview-features", "pylock", "--quiet"]
    options = [word for name in own for word in ("--own", name)]
    installed = (
        containers.with_netrc(containers.with_uv(containers.without_certificate_updates(builder)), netrc)
        .with_mounted_file("/mnt/pylock.toml", dag.file("pylock.toml", lock.installed))
        .with_exec(
            [
                *_capture("run", "--root", ENVIRONMENT, "--owner", AIRFLOW, "--out", OUT, *options, "--"),
                *install,
                "--requirements",
                "/mnt/pylock.toml",
            ]
        )
    )
    layers = [LayerPlan(title=name, folder=installed.directory(f"{OUT}/{name}")) for name in own]
    return [*layers, LayerPlan(title="delta", folder=installed.directory(OUT))], installed


def tree(tools: dagger.Container, title: str, files: dagger.Directory, target: str) -> LayerPlan:
    """Return a layer with files, owned by airflow, at a path of the image; ``tools`` has Python and tar."""
    packed = (
        _prepared(tools)
        .with_mounted_directory("/mnt/files", files)
        .with_exec(
            _capture("tree", "--source", "/mnt/files", "--target", target, "--owner", AIRFLOW, "--out", OUT)
        )
    )
    return LayerPlan(title=title, folder=packed.directory(OUT))


def _prepared(base: dagger.Container) -> dagger.Container:
    return (
        base.with_user("root")
        .with_workdir("/")
        .with_env_variable("SOURCE_DATE_EPOCH", TIME)  # otherwise shadow and others write today's date
        .with_mounted_directory("/mnt/programs", containers.programs("image"))
    )


def _capture(command: str, *arguments: str) -> list[str]:
    # -I: the image's own paths and environment don't change what the program imports.
    return ["python3", "-I", "-B", "/mnt/programs/programs/capture.py", command, "--time", TIME, *arguments]
