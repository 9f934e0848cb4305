"""The layers that a DAG type adds to its base, rarest change first: system packages, delta, scripts, DAGs.

Each is a folder with layer.tar.gz and layer.json, made by ``inside/capture.py``; the engine keeps it for as
long as its inputs stay the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import dagger
from dagger import dag

from . import oci, pins, testbed
from .answers import steady
from .base import ENVIRONMENT, PYTHON
from .inside.capture import TIME
from .lockfile import Lock
from .spec import DagType

AIRFLOW = "50000:0"  # uid and gid of the official image's user (Airflow docker-stack documentation)
CACHE = "/var/cache/airflow-images/uv"
NETRC = "/run/secrets/netrc"
OUT = "/layer"
UV = "/usr/local/bin/uv"  # by its path: the base has a uv of its own, of another version


@dataclass(frozen=True, kw_only=True)
class Step:
    """A layer that is yet to be made: its title and the folder it will be in."""

    title: str
    folder: dagger.Directory

    @property
    def tarball(self) -> dagger.File:
        """The compressed layer."""
        return self.folder.file("layer.tar.gz")

    async def layer(self) -> oci.Layer:
        """What was made, which makes it where it isn't there yet."""
        return oci.Layer.parse(self.title, await steady(self.folder.file("layer.json").contents))


def program(name: str) -> dagger.File:
    """A program of ci/inside, to be mounted into a container."""
    return dag.file(name, (Path(__file__).parent / "inside" / name).read_text(encoding="utf-8"))


def package(*names: str) -> dagger.Directory:
    """Programs of ci/inside that share code, as the package that ``python -m inside.<name>`` finds."""
    folder = dag.directory().with_file("inside/__init__.py", program("__init__.py"))
    for name in names:
        folder = folder.with_file(f"inside/{name}", program(name))
    return folder


def system_packages(base: dagger.Container, packages: tuple[str, ...]) -> tuple[Step, dagger.Container]:
    """A layer with Debian packages, and the base with them installed."""
    installed = _watching(base).with_exec(
        _capture("run", "--root", "/", "--out", OUT, "--", "sh", "-ec", apt_get(packages))
    )
    return Step(title="system packages", folder=installed.directory(OUT)), installed.without_directory(OUT)


def delta(
    base: dagger.Container, dag_type: DagType, lock: Lock, own: Sequence[str], netrc: dagger.Secret | None
) -> tuple[list[Step], dagger.Container]:
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
        builder = builder.with_exec(["sh", "-ec", apt_get(dag_type.settings.build_packages)])
    install = [UV, "pip", "install", "--python", PYTHON, "--no-config"]
    install += ["--no-deps", "--require-hashes", "--preview-features", "pylock", "--quiet"]
    options = [word for name in own for word in ("--own", name)]
    made = (
        with_netrc(with_uv(testbed.without_certificate_updates(builder)), netrc)
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
    steps = [Step(title=name, folder=made.directory(f"{OUT}/{name}")) for name in own]
    return [*steps, Step(title="delta", folder=made.directory(OUT))], made


def tree(tools: dagger.Container, title: str, files: dagger.Directory, target: str) -> Step:
    """Pack files, owned by airflow, at a path of the image, in a container with Python and tar."""
    packed = (
        _watching(tools)
        .with_mounted_directory("/mnt/files", files)
        .with_exec(
            _capture("tree", "--source", "/mnt/files", "--target", target, "--owner", AIRFLOW, "--out", OUT)
        )
    )
    return Step(title=title, folder=packed.directory(OUT))


def tool_container() -> dagger.Container:
    """A small container with Python and tar, for steps that need no network."""
    return testbed.without_certificate_updates(dag.container().from_(pins.image("python")))


def with_uv(container: dagger.Container) -> dagger.Container:
    """The container with the pinned uv, and a cache of its own that stays out of every layer."""
    return (
        container.with_mounted_file(UV, dag.container().from_(pins.image("uv")).file("/uv"))
        .with_mounted_cache(CACHE, dag.cache_volume("airflow-images-uv"))
        .with_env_variable("UV_CACHE_DIR", CACHE)
        .with_env_variable("UV_LINK_MODE", "copy")
        .with_env_variable("UV_COMPILE_BYTECODE", "0")  # byte code holds times and paths
        .with_env_variable("UV_SYSTEM_CERTS", "1")
        .with_env_variable("UV_HTTP_RETRIES", "5")  # with growing pauses: a name server may need a minute
    )


def anew(container: dagger.Container) -> dagger.Container:
    """The container with a variable that no call had before: what is run in it is run, not remembered."""
    return container.with_env_variable("AIRFLOW_IMAGES_CALL", uuid4().hex)


def with_netrc(container: dagger.Container, netrc: dagger.Secret | None) -> dagger.Container:
    """The container with logins for package indexes, as a netrc file that no layer holds; none: as it is."""
    if netrc is None:
        return container
    return container.with_mounted_secret(NETRC, netrc).with_env_variable("NETRC", NETRC)


def _watching(base: dagger.Container) -> dagger.Container:
    return (
        base.with_user("root")
        .with_workdir("/")
        .with_env_variable("SOURCE_DATE_EPOCH", str(TIME))  # shadow and others write today's date else
        .with_mounted_file("/mnt/capture.py", program("capture.py"))
    )


def _capture(*arguments: str) -> list[str]:
    # -I: nothing of the image's own paths or environment changes what the program imports.
    return ["python3", "-I", "-B", "/mnt/capture.py", *arguments]


def apt_get(packages: tuple[str, ...]) -> str:
    """A shell command that installs Debian packages, and leaves no lists behind."""
    names = " ".join(sorted(packages))  # checked by spec: nothing that a shell would read
    return (
        "export DEBIAN_FRONTEND=noninteractive; apt-get -q update; "
        f"apt-get -q install --yes --no-install-recommends {names}; rm -rf /var/lib/apt/lists/*"
    )
