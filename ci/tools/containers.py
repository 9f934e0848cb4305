"""Containers with the tools of steps: Python and tar, uv, and programs of this module."""

import functools
import re
from pathlib import Path
from uuid import uuid4

import dagger
from dagger import dag

from ..config import pins

_VOLUMES = "/var/cache/airflow-images"
MADE = "made"
"""A volume with a file for each layer that the engine made, named by the hex digits of the inputs' digest."""
NETRC = "/run/secrets/netrc"
OUT = "/mnt/out"
"""The folder of a step's results."""
ANSWER = f"{OUT}/answer.json"
_MODULE = Path(__file__).parents[1]  # the folder ci/
_IMPORT = re.compile(r"^from \.(\w*) import (.+)", re.MULTILINE)  # of one program by another
UV = "/usr/local/bin/uv"  # by its path: the base has another version of uv


@functools.cache
def programs(*names: str) -> dagger.Directory:
    """Return programs and those that they import, as the package that ``python -m programs.<name>`` finds.

    Args:
        names: with folders: "image/capture" is ci/image/programs/capture.py. An edit of others leaves the
            results of these.
    """
    package = dag.directory()
    for stem, text in sorted(program_texts(*names).items()):
        package = package.with_new_file(f"programs/{stem}.py", text)
    return package


def program_texts(*names: str) -> dict[str, str]:
    """Return the texts of programs and of those that they import, by their names without a folder."""
    texts: dict[str, str] = {}
    for name in names:
        folder, _, stem = name.rpartition("/")
        _add(texts, _MODULE / folder / "programs", "__init__")
        _add(texts, _MODULE / folder / "programs", stem)
    return texts


def _add(texts: dict[str, str], folder: Path, stem: str) -> None:
    """Add the text of a program, and of those that it imports, by their names."""
    if stem in texts:
        return
    texts[stem] = (folder / f"{stem}.py").read_text(encoding="utf-8")
    for module, names in _IMPORT.findall(texts[stem]):
        for imported in [module] if module else names.split(", "):
            _add(texts, folder, imported)


def tool_container() -> dagger.Container:
    """Return a small container with Python and tar, for steps that need no network."""
    return without_certificate_updates(dag.container().from_(pins.image("python")))


def with_out(container: dagger.Container, owner: str = "") -> dagger.Container:
    """Return the container with an empty folder OUT.

    The engine reads a file of it in 0.02 s, one that lies among those of Airflow's image in 0.6 s.
    """
    return container.with_mounted_directory(OUT, dag.directory(), owner=owner)


def with_uv(container: dagger.Container) -> dagger.Container:
    """Return the container with the pinned uv, and uv's cache, which is in no layer."""
    return (
        with_volume(container, "uv")
        .with_mounted_file(UV, dag.container().from_(pins.image("uv")).file("/uv"))
        .with_env_variable("UV_CACHE_DIR", volume("uv"))
        .with_env_variable("UV_LINK_MODE", "copy")
        .with_env_variable("UV_COMPILE_BYTECODE", "0")  # byte code holds times and paths
        .with_env_variable("UV_SYSTEM_CERTS", "1")
        .with_env_variable("UV_HTTP_RETRIES", "5")  # the pauses grow: a name server may need a minute
        .with_env_variable("UV_HTTP_TIMEOUT", "180")  # seconds: a proxy may fetch a file before it answers
    )


def volume(name: str) -> str:
    """Return where ``with_volume`` mounts a volume."""
    return f"{_VOLUMES}/{name}"


def with_volume(container: dagger.Container, name: str) -> dagger.Container:
    """Return the container with a volume of the engine, which stays between calls and is in no layer."""
    return container.with_mounted_cache(volume(name), dag.cache_volume(f"airflow-images-{name}"))


def uncached(container: dagger.Container) -> dagger.Container:
    """Return the container with a new variable, so that the engine's cache has no result of its steps."""
    return kept(container, uuid4().hex)


def kept(container: dagger.Container, key: str) -> dagger.Container:
    """Return the container whose steps are run again only where the key is another one."""
    return container.with_env_variable("AIRFLOW_IMAGES_CALL", key)


def with_netrc(container: dagger.Container, netrc: dagger.Secret | None) -> dagger.Container:
    """Return the container with logins for package indexes, if there are any, as a netrc file in no layer."""
    if netrc is None:
        return container
    return container.with_mounted_secret(NETRC, netrc).with_env_variable("NETRC", NETRC)


def without_certificate_updates(container: dagger.Container) -> dagger.Container:
    """Return the container without a slow program that the engine runs around every step.

    The engine runs it where the machine has certificates of its own; without the program it adds them to the
    bundle itself.
    """
    return container.without_file("/usr/sbin/update-ca-certificates")


def locked(group: str) -> dagger.Container:
    """Return a small container with a dependency group of pyproject.toml, first on its PATH."""
    return with_environment(tool_container(), f"/opt/{group}", "--only-group", group)


def with_environment(container: dagger.Container, environment: str, *options: str) -> dagger.Container:
    """Return the container with a virtual environment that ``uv sync`` makes, first on its PATH."""
    # Only these files, so that an edit of any other installs nothing again.
    project = _MODULE.parent
    locked = dag.directory()
    for name in ("pyproject.toml", "uv.lock"):
        locked = locked.with_new_file(name, (project / name).read_text(encoding="utf-8"))
    return (
        with_uv(container)
        .with_env_variable("UV_PROJECT_ENVIRONMENT", environment)
        .with_env_variable("UV_PYTHON_DOWNLOADS", "never")
        .with_env_variable("PATH", f"{environment}/bin:/usr/local/bin:/usr/bin:/bin")
        .with_mounted_directory("/mnt/project", locked)
        .with_workdir("/mnt/project")
        .with_exec(["uv", "sync", "--frozen", "--no-install-project", *options])
        .with_workdir("/")
    )
