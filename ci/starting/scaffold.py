"""A new DAG type: its pyproject.toml, an example DAG with its logic, and a test of that logic, as texts."""

import keyword
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import TypeAdapter, ValidationError

from ..checks.imports import files as imports_files
from ..config import catalog
from ..config.dag_type import Pin
from ..config.secrets.urls import redacted
from ..errors import ConfigurationError
from .dag_files import dag_files
from .toml_text import quoted

_PIN = TypeAdapter[str](Pin)
_NAMED = 10  # files that a message names

_PYPROJECT = """\
[project]
name = {name}
version = "0.1.0"
description = {description}
{python}dependencies = {dependencies}

[tool.airflow-images]
scripts = [{module}]  # folders under scripts/ that go into the image, beside dags/{folder}
"""
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
    """The files of a new DAG type, by path from the repository's root; its lock isn't among them.

    Args:
        name: what the type is to be called.
        packages: its exact pins.
        root: the repository: images/, dags/, scripts/ and tests/dags/.
        python: the base's Python, such as 3.13; empty where it isn't known.

    Raises:
        ConfigurationError: with all that stands against it; nothing is ever overwritten.
    """
    wrong = catalog.name_problem(name)
    if wrong:  # alone: no path can be made of it
        raise ConfigurationError([f"--dag {name!r} {wrong}"])
    module = module_name(name)
    there = _there(name, module, root)
    problems = [*_reserved(name), *there, *_claimed(name, root), *_pins(packages)]
    problems += [] if there else _same_id(f"{module}_example", root)
    if problems:
        raise ConfigurationError(problems)
    listed = "".join(f"    {quoted(pin)},\n" for pin in sorted(packages, key=canonicalize_name))
    return {
        f"images/{name}/pyproject.toml": _PYPROJECT.format(
            name=quoted(name),
            description=quoted(f"The DAGs of {name}"),
            python=f'requires-python = ">={python}"\n' if python else "",
            dependencies=f"[\n{listed}]" if listed else '[]  # exact pins, such as "httpx==0.28.1"',
            module=quoted(module),
            folder=name,
        )
        + _newest(root),
        f"dags/{name}/{module}_example.py": _DAG.format(module=module),
        f"scripts/{module}/__init__.py": _PACKAGE.format(name=name),
        f"scripts/{module}/example.py": _LOGIC,
        f"tests/dags/{name}/test_{module}_example.py": _TEST.format(module=module),
    }


def module_name(name: str) -> str:
    """The name of a DAG type as Python can write it."""
    plain = re.sub(r"[.-]+", "_", name)
    return plain if plain.isidentifier() and not keyword.iskeyword(plain) else f"dag_{plain}"


def _reserved(name: str) -> list[str]:
    told = "belongs to the base image: take another name"
    return [f"--dag {name!r} {told}"] if name in catalog.RESERVED else []


def _there(name: str, module: str, root: Path) -> list[str]:
    """The files that are where the new ones would be."""
    places = (f"images/{name}", f"dags/{name}", f"scripts/{module}", f"tests/dags/{name}")
    found = sorted(
        path.relative_to(root).as_posix()
        for place in places
        for path in ((root / place).rglob("*") if (root / place).is_dir() else ())
        if (path.is_file() or path.is_symlink()) and "__pycache__" not in path.parts
    )
    beside = root / "scripts" / f"{module}.py"  # would be hidden by the folder of its name
    if beside.exists() or beside.is_symlink():
        found = sorted([*found, f"scripts/{module}.py"])
    blocked = in_the_way(root, places)
    if not found:
        return blocked
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    told = f"there is something of {name!r} already: {', '.join(found[:_NAMED])}{more}"
    return [*blocked, f"{told}: nothing is overwritten: take another name, or remove these"]


def in_the_way(root: Path, folders: Iterable[str]) -> list[str]:
    """What is where a folder would be made and is none, each in a sentence.

    Args:
        root: the repository.
        folders: paths from the root; those above them count, too.
    """
    paths = {above for each in folders for above in (PurePosixPath(each), *PurePosixPath(each).parents)}
    return [
        f"{path}: is a {'link' if (root / path).is_symlink() else 'file'} where a folder would be made: "
        "nothing is overwritten: rename or remove it"
        for path in sorted(paths - {PurePosixPath()})
        if (root / path).is_symlink() or (root / path).is_file()
    ]


def _claimed(name: str, root: Path) -> list[str]:
    """Other types that have the name in another spelling, or call their project so."""
    found = catalog.load(root)
    plain = canonicalize_name(name)
    claims = {each: {canonicalize_name(each)} for each in found.problems if catalog.NAME.fullmatch(each)}
    for each in found.types.values():
        claims[each.name] = {canonicalize_name(each.name), canonicalize_name(each.project.name)}
    return [
        f"--dag {name!r}: images/{other} claims the name {plain!r}: take one that differs in more than . - _"
        for other, names in sorted(claims.items())
        if plain in names and other != name
    ]


def _same_id(dag_id: str, root: Path) -> list[str]:
    return [
        f"dags/{path} has a DAG {dag_id!r}, as the example would be called: take another name"
        for path, each in dag_files(imports_files.read(root)).items()
        if dag_id in each.ids
    ]


def _pins(packages: Sequence[str]) -> list[str]:
    problems: list[str] = []
    names: list[str] = []
    for each in packages:
        try:
            names.append(canonicalize_name(Requirement(_PIN.validate_python(each)).name))
        except ValidationError as error:
            said = error.errors()[0]["msg"].removeprefix("Value error, ")
            problems.append(redacted(f"--packages {each!r} {said}"))
    twice = sorted({name for name in names if names.count(name) > 1})
    return [*problems, *(f"--packages names {name!r} more than once: keep one pin" for name in twice)]


def _newest(root: Path) -> str:
    """The day beyond which nothing counts, where all types of the repository have the same."""
    lines = {
        (
            re.findall(
                r"^exclude-newer = .*$", file.read_text(encoding="utf-8", errors="replace"), re.MULTILINE
            )
            or [""]
        )[0]
        for file in sorted(root.glob("images/*/pyproject.toml"))
    }
    return f"\n[tool.uv]\n{lines.pop()}\n" if len(lines) == 1 and lines != {""} else ""
