"""Containers with the tools that steps need: Python and tar, uv, and programs of this module."""

from pathlib import Path
from uuid import uuid4

import dagger
from dagger import dag

from ..config import pins

CACHE = "/var/cache/airflow-images/uv"
NETRC = "/run/secrets/netrc"
_MODULE = Path(__file__).parents[1]  # the folder ci/
UV = "/usr/local/bin/uv"  # by its path: the base has a uv of its own, of another version


def programs(*folders: str) -> dagger.Directory:
    """Return the programs of folders of the module, as the package that ``python -m programs.<name>`` finds.

    Args:
        folders: those that have a folder ``programs``, such as "lock"; several are one package.
    """
    package = dag.directory()
    for folder in folders:
        for path in sorted((_MODULE / folder / "programs").glob("*.py")):
            package = package.with_new_file(f"programs/{path.name}", path.read_text(encoding="utf-8"))
    return package


def tool_container() -> dagger.Container:
    """A small container with Python and tar, for steps that need no network."""
    return without_certificate_updates(dag.container().from_(pins.image("python")))


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


def uncached(container: dagger.Container) -> dagger.Container:
    """The container with a variable that no call had before: what is run in it is run, not remembered."""
    return container.with_env_variable("AIRFLOW_IMAGES_CALL", uuid4().hex)


def with_netrc(container: dagger.Container, netrc: dagger.Secret | None) -> dagger.Container:
    """The container with logins for package indexes, as a netrc file that no layer holds; none: as it is."""
    if netrc is None:
        return container
    return container.with_mounted_secret(NETRC, netrc).with_env_variable("NETRC", NETRC)


def apt_get(packages: tuple[str, ...]) -> str:
    """A shell command that installs Debian packages, and leaves no lists behind."""
    names = " ".join(sorted(packages))  # checked by spec: nothing that a shell would read
    return (
        "export DEBIAN_FRONTEND=noninteractive; apt-get -q update; "
        f"apt-get -q install --yes --no-install-recommends {names}; rm -rf /var/lib/apt/lists/*"
    )


def without_certificate_updates(container: dagger.Container) -> dagger.Container:
    """The container without a program that the engine runs around every step, for seconds, where it is found.

    It does so on machines that have certificates of their own; without it, it adds them to the bundle itself.
    """
    return container.without_file("/usr/sbin/update-ca-certificates")


def locked(group: str) -> dagger.Container:
    """A small container with what a dependency group of pyproject.toml holds, first on its PATH."""
    return with_environment(tool_container(), f"/opt/{group}", "--only-group", group)


def with_environment(container: dagger.Container, environment: str, *options: str) -> dagger.Container:
    """The container with a virtual environment that ``uv sync`` makes at a path, first on its PATH."""
    # The module's own: an edit of any other file of the project installs nothing anew.
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
