"""Resolving locks: uv, in the base image, with what the base has held fixed."""

from dataclasses import dataclass

import dagger
from dagger import dag

from . import layers, lockfile, outside
from .base import PYTHON
from .sources import Sources
from .spec import DagType
from .together import together


@dataclass(frozen=True, kw_only=True)
class _Resolver:
    """The base with uv in it, its packages as `uv pip freeze` tells them, and uv's options for the target."""

    container: dagger.Container
    freeze: str
    target: tuple[str, ...]


async def lock(
    types: list[DagType], sources: Sources, base: dagger.Container, reference: str
) -> dict[str, str]:
    """The text of each type's pylock.toml, by the type's name.

    Args:
        types: whose locks to resolve.
        sources: where their pyproject.toml and present locks are; versions of a present lock are kept.
        base: a container of the base image.
        reference: the base as it is written into the lock.

    Raises:
        StepError: uv could not resolve one or more of them; each is told.
    """
    tools = layers.with_uv(base.with_user("root"))
    freeze = await tools.with_exec([layers.UV, "pip", "freeze", "--python", PYTHON, "--no-config"]).stdout()
    # The series alone: a patch version in a lock would refuse the same base rebuilt with another.
    series = ".".join((await base.env_variable("AIRFLOW_PYTHON_VERSION") or "").split(".")[:2])
    target = ("--python", PYTHON, *(("--python-version", series) if series else ()))
    resolver = _Resolver(container=tools, freeze=freeze, target=target)
    texts = await together(_resolve(resolver, dag_type, sources, reference) for dag_type in types)
    return {dag_type.name: text for dag_type, text in zip(types, texts, strict=True)}


async def _resolve(resolver: _Resolver, dag_type: DagType, sources: Sources, reference: str) -> str:
    if not dag_type.project.dependencies:
        return lockfile.stamp(dag_type, reference, _EMPTY)
    fixed = lockfile.fixed_packages(resolver.freeze, dag_type)
    folder = dag.directory().with_new_file("constraints.txt", "".join(f"{pin}\n" for pin in fixed.values()))
    files = await sources.root() / "images" / dag_type.name
    for name in ("pyproject.toml", lockfile.NAME):
        if (files / name).is_file():
            folder = folder.with_new_file(name, (files / name).read_text(encoding="utf-8"))
    command = [
        layers.UV,
        "pip",
        "compile",
        "pyproject.toml",
        *resolver.target,
        "--constraints",
        "constraints.txt",
    ]
    command += ["--format", "pylock.toml", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    command += ["--preview-features", "pylock", "--output-file", lockfile.NAME]
    for name in fixed:
        command += ["--no-emit-package", name]
    done = resolver.container.with_directory("/lock", folder).with_workdir("/lock").with_exec(command)
    try:
        resolved = await done.file(lockfile.NAME).contents()
    except dagger.QueryError as error:
        raise outside.step_error(f"{dag_type.file}: can't be locked against {reference}", error) from None
    return lockfile.stamp(dag_type, reference, resolved)


# What uv writes where there is nothing to resolve.
_EMPTY = 'lock-version = "1.0"\ncreated-by = "uv"\n'
