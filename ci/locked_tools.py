"""Containers with Python tools at the versions of this module's own uv.lock, one dependency group each."""

from pathlib import Path

import dagger
from dagger import dag

from . import layers


def container(group: str) -> dagger.Container:
    """A small container with what a dependency group of pyproject.toml holds, first on its PATH."""
    project = Path(__file__).parents[1]
    locked = dag.directory()
    for name in ("pyproject.toml", "uv.lock"):
        locked = locked.with_new_file(name, (project / name).read_text(encoding="utf-8"))
    return (
        layers.with_uv(layers.tool_container())
        .with_env_variable("UV_PROJECT_ENVIRONMENT", f"/opt/{group}")
        .with_env_variable("UV_PYTHON_DOWNLOADS", "never")
        .with_env_variable("PATH", f"/opt/{group}/bin:/usr/local/bin:/usr/bin:/bin")
        .with_mounted_directory("/mnt/project", locked)
        .with_workdir("/mnt/project")
        .with_exec(["uv", "sync", "--frozen", "--no-install-project", "--only-group", group])
        .with_workdir("/")
    )
