"""Containers with Python tools at the versions of this module's own uv.lock."""

from pathlib import Path

import dagger
from dagger import dag

from . import layers


def container(group: str) -> dagger.Container:
    """A small container with what a dependency group of pyproject.toml holds, first on its PATH."""
    return with_environment(layers.tool_container(), f"/opt/{group}", "--only-group", group)


def with_environment(container: dagger.Container, environment: str, *options: str) -> dagger.Container:
    """The container with a virtual environment that ``uv sync`` makes at a path, first on its PATH."""
    # The module's own: an edit of any other file of the project installs nothing anew.
    project = Path(__file__).parents[1]
    locked = dag.directory()
    for name in ("pyproject.toml", "uv.lock"):
        locked = locked.with_new_file(name, (project / name).read_text(encoding="utf-8"))
    return (
        layers.with_uv(container)
        .with_env_variable("UV_PROJECT_ENVIRONMENT", environment)
        .with_env_variable("UV_PYTHON_DOWNLOADS", "never")
        .with_env_variable("PATH", f"{environment}/bin:/usr/local/bin:/usr/bin:/bin")
        .with_mounted_directory("/mnt/project", locked)
        .with_workdir("/mnt/project")
        .with_exec(["uv", "sync", "--frozen", "--no-install-project", *options])
        .with_workdir("/")
    )
