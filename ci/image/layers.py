"""The layers above a base, rarest change first: byte code, system packages, delta, scripts, DAGs.

They are in folders made by ``programs/capture.py``, which the engine keeps for as long as its inputs stay the
same.
"""

import shlex
from dataclasses import dataclass

import dagger
from dagger import dag

from ..config import names
from ..config.dag_type import DagType
from ..config.fields import Bytecode
from ..config.layers import HEAVY, LIMIT, Compression, LayerSettings
from ..config.lockfile import Lock
from ..errors import gather_all
from ..tools import containers
from ..tools.engine import retrying
from . import built, dependencies, oci
from .base import ENVIRONMENT, PYTHON, BaseImage

AIRFLOW = "50000:0"  # uid and gid of the official image's user (Airflow docker-stack documentation)
# 1980-01-01, the time of every file: the oldest that a ZIP file can have, so that tools can zip the files.
TIME = "315532800"
_LAYER = f"{containers.OUT}/layer"
_UNPACKED = f"{containers.OUT}/unpacked"
_WRITTEN = f"{containers.OUT}/bytecode.json"
_LIST = "/mnt/bytecode.json"
_DESCRIPTION = "layer.json"
_SUFFIXES = {"gzip": "gz", "zstd": "zst"}
_LOCK = "/mnt/pylock.toml"
_BUILT = "/mnt/pylock.built.toml"
_REQUIREMENTS = "/mnt/build.txt"
BUILD_HOOK = "/mnt/build/sitecustomize.py"  # programs/build_hook.py, in a folder of its own on PYTHONPATH


@dataclass(frozen=True, kw_only=True)
class Packing:
    """How layers are packed."""

    compression: Compression
    bytecode: Bytecode

    @property
    def options(self) -> list[str]:
        """The packer's options for files that get byte code, which the packer's own Python makes."""
        return [] if self.bytecode == "none" else ["--bytecode"]


@dataclass(frozen=True, kw_only=True)
class LayerPlan:
    """A layer that isn't made yet: its title, and the folder that the engine will make it in.

    Folders in that one hold layers of single packages, by name.
    """

    title: str
    folder: dagger.Directory
    unpacked: dagger.Directory | None = None
    """The files of a layer that ``tree`` makes, unpacked from it."""

    async def make(self) -> dict[oci.Layer, dagger.File]:
        """Make the layer, unless the engine has it, and return those with files, with their tarballs."""
        paths = await retrying(lambda: self.folder.glob(f"**/{_DESCRIPTION}"))
        own = [path.removesuffix(_DESCRIPTION) for path in sorted(paths) if path != _DESCRIPTION]
        layers = await gather_all(self._described(path) for path in (*own, ""))
        return {layer: tarball for layer, tarball in layers if layer.files}

    async def _described(self, path: str) -> tuple[oci.Layer, dagger.File]:
        text = await retrying(self.folder.file(f"{path}{_DESCRIPTION}").contents)
        layer = oci.Layer.parse(path.rstrip("/") or self.title, text)
        return layer, self.folder.file(f"{path}layer.tar.{_SUFFIXES[layer.compression]}")


def bytecode(base: BaseImage, packing: Packing) -> LayerPlan:
    """Return the layer with byte code for the base; the engine makes it once for all types on it."""
    made = _made(dependencies.bytecode_digest(base.image, packing.bytecode, packing.compression))
    compiled = _compiled(base, packing.bytecode)
    ready = containers.with_volume(_prepared(compiled, "capture"), containers.MADE)
    command = _capture(packing.compression, "list", *made, "--list", _LIST)
    packed = ready.with_mounted_file(_LIST, compiled.file(_WRITTEN)).with_exec(command)
    return _plan(built.BYTECODE, packed, packing.compression)


def with_bytecode(base: BaseImage, bytecode: Bytecode) -> dagger.Container:
    """Return the base as a container with the byte code that images on it have."""
    if bytecode == "none":
        return base.container
    return base.container.with_rootfs(_compiled(base, bytecode).rootfs())


def _compiled(base: BaseImage, bytecode: Bytecode) -> dagger.Container:
    """Return the base with byte code, and with the list of what was written."""
    # Only the base's own variables: others, such as a proxy's, change what the start of a task imports.
    env: list[str] = base.image.config["config"].get("Env") or []
    program = [PYTHON, "-I", "-S", "-B", "/mnt/programs/programs/bytecode.py"]
    return _prepared(
        containers.without_certificate_updates(base.container), "bytecode", "task_start"
    ).with_exec(["env", "-i", *env, *program, "base", bytecode, ENVIRONMENT, _WRITTEN])


def system_packages(
    base: dagger.Container, packages: tuple[str, ...], compression: Compression
) -> tuple[LayerPlan, dagger.Container]:
    """Return a layer with Debian packages, and the base with them installed."""
    command = _capture(compression, "run", "--root", "/", "--", *_debian(packages))
    installed = _prepared(base, "capture", "debian").with_exec(command)
    return _plan("system packages", installed, compression), installed.without_mount(containers.OUT)


def delta(  # noqa: PLR0913, PLR0917 - what packages are installed by
    base: dagger.Container,
    dag_type: DagType,
    lock: Lock,
    settings: LayerSettings,
    netrc: dagger.Secret | None,
    inputs: str,
) -> tuple[LayerPlan, dagger.Container]:
    """Return the packages of a lock as layers, last that of all others, and the base with them installed.

    The engine makes them once for all types with the same packages. The type has the Debian packages that a
    build needs. ``inputs`` is the digest of ci/image/dependencies.py.
    """
    packing = Packing(compression=settings.compression, bytecode=dag_type.settings.bytecode)
    builder = with_debian_packages(base, dag_type.settings.build_packages)
    install = [containers.UV, "pip", "install", "--python", PYTHON, "--no-config"]
    install += ["--no-deps", "--require-hashes", "--preview-features", "pylock", "--quiet"]
    options = [word for name in settings.own if name in lock.packages for word in ("--own", name)]
    options += ["--heavy", str(HEAVY), "--most", str(LIMIT)]
    ready = _prepared(containers.without_certificate_updates(builder), "capture", "install")
    ready = containers.with_volume(containers.with_netrc(containers.with_uv(ready), netrc), containers.MADE)
    if lock.build:
        requirements = "\n".join(lock.build.requirements)
        ready = (
            ready.with_mounted_file(_LOCK, dag.file("pylock.toml", lock.part(built=False)))
            .with_mounted_file(_BUILT, dag.file("pylock.built.toml", lock.part(built=True)))
            .with_mounted_file(_REQUIREMENTS, dag.file("build.txt", requirements))
            .with_mounted_file(BUILD_HOOK, build_hook())
        )
        install = [*_program("install"), _LOCK, _BUILT, _REQUIREMENTS, ENVIRONMENT, "--", *install]
    else:
        ready = ready.with_mounted_file(_LOCK, dag.file("pylock.toml", lock.installed))
        install += ["--no-build", "--requirements", _LOCK]
    options += [*_made(inputs), "--root", ENVIRONMENT, "--owner", AIRFLOW, *packing.options, "--"]
    installed = ready.with_exec([*_capture(settings.compression, "run", *options), *install])
    return _plan("delta", installed, settings.compression), installed


def tree(
    container: dagger.Container, title: str, files: dagger.Directory, target: str, packing: Packing
) -> LayerPlan:
    """Return a layer with files, owned by airflow, at a path of the image, packed by a container's Python."""
    options = ["--source", "/mnt/files", "--target", target, "--owner", AIRFLOW, *packing.options]
    pack = shlex.join(_capture(packing.compression, "tree", *options))
    # One container: starting it takes longer than either.
    command = ["sh", "-c", f"{pack} && {shlex.join([*_program('unpack'), _LAYER, _UNPACKED])}"]
    ready = _prepared(containers.without_certificate_updates(container), "capture", "unpack")
    packed = ready.with_mounted_directory("/mnt/files", files).with_exec(command)
    return _plan(title, packed, packing.compression, packed.directory(_UNPACKED))


def _plan(
    title: str, packed: dagger.Container, compression: Compression, unpacked: dagger.Directory | None = None
) -> LayerPlan:
    folder = packed.directory(_LAYER)
    if compression == "zstd":
        tools = _prepared(containers.locked("layers"), "zstd").with_mounted_directory("/mnt/plain", folder)
        folder = tools.with_exec([*_program("zstd"), "/mnt/plain", _LAYER]).directory(_LAYER)
    return LayerPlan(title=title, folder=folder, unpacked=unpacked)


def build_hook() -> dagger.File:
    """Return the program that makes builds of source distributions reproducible, for BUILD_HOOK."""
    return containers.programs("image/build_hook").file("programs/build_hook.py")


def with_debian_packages(base: dagger.Container, packages: tuple[str, ...]) -> dagger.Container:
    """Return a container as root, with Debian packages installed where any are named."""
    prepared = _prepared(base, "debian")
    return prepared.with_exec(_debian(packages)) if packages else prepared


def _debian(packages: tuple[str, ...]) -> list[str]:
    return [*_program("debian"), *sorted(packages)]


def _prepared(base: dagger.Container, *programs: str) -> dagger.Container:
    names = [f"image/{name}" for name in programs]
    return (
        containers.with_out(base)
        .with_user("root")
        .with_workdir("/mnt/programs")
        .with_env_variable("SOURCE_DATE_EPOCH", TIME)  # otherwise shadow and others write today's date
        .with_mounted_directory("/mnt/programs", containers.programs(*names))
    )


def _capture(compression: Compression, command: str, *arguments: str) -> list[str]:
    plain = [] if compression == "gzip" else ["--plain"]
    return [*_program("capture"), command, "--time", TIME, "--out", _LAYER, *plain, *arguments]


def _made(inputs: str) -> list[str]:
    """Return the packer's option to note that the engine has the layers of these inputs."""
    file = f"{containers.volume(containers.MADE)}/{names.hex_digits(inputs)}"
    return ["--made", file] if inputs else []


def _program(name: str) -> list[str]:
    # -E -s: the image's own paths and environment don't change what the program imports.
    return ["python3", "-E", "-s", "-B", "-m", f"programs.{name}"]
