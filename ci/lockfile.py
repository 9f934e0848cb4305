"""images/<type>/pylock.toml (PEP 751): what a lock says, and whether it still is the lock of its pyproject.toml.

The standard's [tool] table carries what a lock was made for, so that a stale one is known without an index.
"""

import tomllib
from dataclasses import dataclass
from typing import Any, cast

from packaging.utils import canonicalize_name

from .errors import ConfigurationError
from .spec import TOOL, DagType

NAME = "pylock.toml"
REMEDY = "run: dagger call lock -o ."


@dataclass(frozen=True, kw_only=True)
class Lock:
    """A lock: its text, and the packages that it adds to the base, as name → version."""

    text: str
    packages: dict[str, str]


def stamp(dag_type: DagType, base: str, resolved: str) -> str:
    """The text of a lock: what uv resolved, and behind it what it was resolved for."""
    wanted = ",\n".join(f'    "{pin}"' for pin in _requirements(dag_type))
    table = f'[tool.{TOOL}]\nbase = "{base}"\nrequirements = [\n{wanted},\n]\n' if wanted else _empty(base)
    return f"{resolved.rstrip()}\n\n{table}"


def read(dag_type: DagType, base: str, text: str | None) -> Lock:
    """The lock of a DAG type.

    Args:
        dag_type: whose lock it is.
        base: the reference of the base image that it must be made for.
        text: the content of its pylock.toml, or none where there is no such file.

    Raises:
        ConfigurationError: it is missing, no TOML, without hashes, or not made for these pins and this base.
    """
    file = dag_type.file.replace("pyproject.toml", NAME)
    if text is None:
        raise ConfigurationError([f"{file}: is missing; {REMEDY}"])
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{file}: is no TOML: {error}; {REMEDY}"]) from None
    packages = cast("list[dict[str, Any]]", document.get("packages", []))
    made_for = cast("dict[str, Any]", document.get("tool", {})).get(TOOL, {})
    problems = [
        *_differences(dag_type, file, set(made_for.get("requirements", []))),
        *_other_base(file, base, str(made_for.get("base", "unknown"))),
        *_unhashed(file, packages),
    ]
    if problems:
        raise ConfigurationError(problems)
    return Lock(text=text, packages={str(p["name"]): str(p["version"]) for p in packages})


def _requirements(dag_type: DagType) -> list[str]:
    return sorted(dag_type.project.dependencies, key=canonicalize_name)


def _empty(base: str) -> str:
    return f'[tool.{TOOL}]\nbase = "{base}"\nrequirements = []\n'


def _differences(dag_type: DagType, file: str, locked: set[str]) -> list[str]:
    wanted = set(dag_type.project.dependencies)
    told = [f"lacks {pin!r}" for pin in sorted(wanted - locked)]
    told += [f"has {pin!r}, which is gone" for pin in sorted(locked - wanted)]
    return [f"{file}: doesn't match {dag_type.file}: {'; '.join(told)}; {REMEDY}"] if told else []


def _other_base(file: str, base: str, locked: str) -> list[str]:
    return [f"{file}: is made for the base {locked}, not for {base}; {REMEDY}"] if locked != base else []


def _unhashed(file: str, packages: list[dict[str, Any]]) -> list[str]:
    artifacts = {str(p["name"]): [*p.get("wheels", []), *([p["sdist"]] if "sdist" in p else [])] for p in packages}
    bare = sorted(name for name, files in artifacts.items() if not files or not all(f.get("hashes") for f in files))
    return [f"{file}: {name!r} has no hash: {REMEDY}" for name in bare]
