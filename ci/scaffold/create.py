"""The files of a new DAG type: its pyproject.toml, an example DAG with its logic, and a test of it."""

import keyword
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import tomli_w
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import TypeAdapter, ValidationError

from ..checks.imports import files as imports_files
from ..config import catalog
from ..config.dag_type import Pin
from ..config.secrets.urls import redacted
from ..errors import ConfigurationError, refuse
from ..text import first_of
from .dag_files import dag_files

_PIN = TypeAdapter[str](Pin)
_NAMED = 10  # files that a message names

_PYPROJECT = """\
[project]
name = "{name}"
version = "0.1.0"
description = "The DAGs of {name}"
{python}{dependencies}
[tool.airflow-images]
scripts = ["{module}"]  # folders under scripts/ that go into the image, beside dags/{name}
"""
_NO_DEPENDENCIES = 'dependencies = []  # exact pins, such as "httpx==0.28.1"\n'
_DAG = '''\
"""An example to begin with: one task, whose logic is a plain function that needs no Airflow."""

from datetime import UTC, datetime

from airflow.sdk import dag, task


@dag(
    dag_id="{module}_example",
    schedule=None,  # runs when it is asked to
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
)
def {module}_example() -> None:
    """Summarise some numbers."""

    @task
    def summarise() -> dict[str, int]:
        """Summarise them."""
        # Imported here: the scheduler parses this file without the dependencies of this image.
        from scripts.{module} import example  # noqa: PLC0415

        return example.summary([3, 1, 2])

    summarise()


{module}_example()
'''
_PACKAGE = '"""What the DAGs of {name} do."""\n'
_LOGIC = '''\
"""The logic of the example."""

from collections.abc import Sequence


def summary(numbers: Sequence[int]) -> dict[str, int]:
    """Return how many numbers there are, the least and the greatest."""
    if not numbers:
        raise ValueError("there are no numbers: expected at least one")
    return {"count": len(numbers), "least": min(numbers), "greatest": max(numbers)}
'''
_TEST = '''\
"""The logic of the example."""

import pytest

from scripts.{module} import example


def test_numbers_are_summarised() -> None:
    assert example.summary([3, 1, 2]) == {{"count": 3, "least": 1, "greatest": 3}}


def test_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="there are no numbers"):
        example.summary([])
'''


def files(name: str, packages: Sequence[str], root: Path, python: str) -> dict[str, str]:
    """Return the files of a new DAG type but its lock, by path from the repository's root.

    ``python`` is the base's, such as 3.13; empty where its tag names none. Raise ConfigurationError with
    everything that forbids it; nothing is ever overwritten.
    """
    wrong = catalog.name_problem(name)
    wrong = wrong or ("belongs to the base image: take another name" if name in catalog.RESERVED else "")
    if wrong:  # alone: no path can be made of it
        raise ConfigurationError([f"--dag {name!r} {wrong}"])
    module = module_name(name)
    existing = _existing(name, module, root)
    problems = [*existing, *_claimed(name, root), *_pins(packages)]
    problems += [] if existing else _same_id(f"{module}_example", root)
    refuse(problems)
    dependencies = tomli_w.dumps({"dependencies": sorted(packages, key=canonicalize_name)})
    return {
        f"images/{name}/pyproject.toml": _PYPROJECT.format(
            name=name,
            python=f'requires-python = ">={python}"\n' if python else "",
            dependencies=dependencies if packages else _NO_DEPENDENCIES,
            module=module,
        )
        + _newest(root),
        f"dags/{name}/{module}_example.py": _DAG.format(module=module),
        f"scripts/{module}/__init__.py": _PACKAGE.format(name=name),
        f"scripts/{module}/example.py": _LOGIC,
        f"tests/dags/{name}/test_{module}_example.py": _TEST.format(module=module),
    }


def module_name(name: str) -> str:
    """Return the name of a DAG type as Python can write it."""
    plain = re.sub(r"[.-]+", "_", name)
    return plain if plain.isidentifier() and not keyword.iskeyword(plain) else f"dag_{plain}"


def _existing(name: str, module: str, root: Path) -> list[str]:
    """Return problems with files that exist where the new ones would be."""
    folders = (f"images/{name}", f"dags/{name}", f"scripts/{module}", f"tests/dags/{name}")
    existing = [
        path.relative_to(root).as_posix()
        for folder in folders
        for path in ((root / folder).rglob("*") if (root / folder).is_dir() else ())
        if (path.is_file() or path.is_symlink()) and "__pycache__" not in path.parts
    ]
    beside = root / "scripts" / f"{module}.py"  # would be hidden by the folder of its name
    if beside.exists() or beside.is_symlink():
        existing.append(f"scripts/{module}.py")
    blocked = blocked_folders(root, folders)
    if not existing:
        return blocked
    message = f"files of {name!r} exist already: {first_of(sorted(existing), _NAMED)}"
    return [*blocked, f"{message}: nothing is overwritten: take another name, or remove these"]


def blocked_folders(root: Path, folders: Iterable[str]) -> list[str]:
    """Return a sentence on each file or link that is where one of these folders, or one above, would be."""
    paths = {above for folder in folders for above in (PurePosixPath(folder), *PurePosixPath(folder).parents)}
    return [
        f"{path}: is a {'link' if (root / path).is_symlink() else 'file'} where a folder would be made: "
        "nothing is overwritten: rename or remove it"
        for path in sorted(paths - {PurePosixPath()})
        if (root / path).is_symlink() or (root / path).is_file()
    ]


def _claimed(name: str, root: Path) -> list[str]:
    """Return problems with types that have the name in another spelling, or call their project so."""
    loaded = catalog.load(root)
    plain = canonicalize_name(name)
    claims = {other: {canonicalize_name(other)} for other in loaded.problems if catalog.NAME.fullmatch(other)}
    for other in loaded.types.values():
        claims[other.name] = {canonicalize_name(other.name), canonicalize_name(other.project.name)}
    return [
        f"--dag {name!r}: images/{other} claims the name {plain!r}: take one that differs in more than . - _"
        for other, names in sorted(claims.items())
        if plain in names and other != name
    ]


def _same_id(dag_id: str, root: Path) -> list[str]:
    return [
        f"dags/{path} has a DAG {dag_id!r}, as the example would be called: take another name"
        for path, file in dag_files(imports_files.read(root)).items()
        if dag_id in file.ids
    ]


def _pins(packages: Sequence[str]) -> list[str]:
    problems: list[str] = []
    names: list[str] = []
    for package in packages:
        try:
            names.append(canonicalize_name(Requirement(_PIN.validate_python(package)).name))
        except ValidationError as error:
            reason = error.errors()[0]["msg"].removeprefix("Value error, ")
            problems.append(redacted(f"--packages {package!r} {reason}"))
    twice = sorted({name for name in names if names.count(name) > 1})
    return [*problems, *(f"--packages names {name!r} more than once: keep one pin" for name in twice)]


def _newest(root: Path) -> str:
    """Return the day beyond which no file counts, where all types of the repository have the same."""
    texts = [
        file.read_text(encoding="utf-8", errors="replace") for file in root.glob("images/*/pyproject.toml")
    ]
    lines = {(re.findall(r"^exclude-newer = .*$", text, re.MULTILINE) or [""])[0] for text in texts}
    return f"\n[tool.uv]\n{lines.pop()}\n" if len(lines) == 1 and lines != {""} else ""
