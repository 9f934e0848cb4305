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
from .programs.capture import TIME

AIRFLOW = "50000:0"  # uid and gid of the official image's user (Airflow docker-stack documentation)
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
    """A layer with Debian packages, and the base with them installed."""
    installed = _watching(base).with_exec(
        _capture("run", "--root", "/", "--out", OUT, "--", "sh", "-ec", containers.apt_get(packages))
    )
    return LayerPlan(title="system packages", folder=installed.directory(OUT)), installed.without_directory(
        OUT
    )


def delta(
    base: dagger.Container, dag_type: DagType, lock: Lock, own: Sequence[str], netrc: dagger.Secret | None
) -> tuple[list[LayerPlan], dagger.Container]:
    """The packages of a lock in the base's own environment, as layers.

    Args:
        base: what is below.
        dag_type: says which Debian packages a build needs.
        lock: the packages. Types with the same ones make the same layers, and the engine makes them once.
        own: those of them that get a layer of their own, sorted.
        netrc: logins for package indexes.

    Returns:
        The layers, that of all other packages last; and the base with the packages installed.
    """
    builder = _watching(base)
    if dag_type.settings.build_packages:
        builder = builder.with_exec(["sh", "-ec", containers.apt_get(dag_type.settings.build_packages)])
    install = [containers.UV, "pip", "install", "--python", PYTHON, "--no-config"]
    install += ["--no-deps", "--require-hashes", "--preview-features", "pylock", "--quiet"]
    options = [word for name in own for word in ("--own", name)]
    made = (
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
    steps = [LayerPlan(title=name, folder=made.directory(f"{OUT}/{name}")) for name in own]
    return [*steps, LayerPlan(title="delta", folder=made.directory(OUT))], made


def tree(tools: dagger.Container, title: str, files: dagger.Directory, target: str) -> LayerPlan:
    """Pack files, owned by airflow, at a path of the image, in a container with Python and tar."""
    packed = (
        _watching(tools)
        .with_mounted_directory("/mnt/files", files)
        .with_exec(
            _capture("tree", "--source", "/mnt/files", "--target", target, "--owner", AIRFLOW, "--out", OUT)
        )
    )
    return LayerPlan(title=title, folder=packed.directory(OUT))


def _watching(base: dagger.Container) -> dagger.Container:
    return (
        base.with_user("root")
        .with_workdir("/")
        .with_env_variable("SOURCE_DATE_EPOCH", str(TIME))  # shadow and others write today's date else
        .with_mounted_directory("/mnt/programs", containers.programs("image"))
    )


def _capture(*arguments: str) -> list[str]:
    # -I: nothing of the image's own paths or environment changes what the program imports.
    return ["python3", "-I", "-B", "/mnt/programs/programs/capture.py", *arguments]
