"""Every version and reference is written once, and what must agree does."""

import ast
import json
import re
import tomllib
from typing import Any

import pytest

from ci import pins

from .sources import PROJECT, parsed, python_files

DAGGER: dict[str, Any] = json.loads((PROJECT / "dagger.json").read_text(encoding="utf-8"))
PYPROJECT: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKED: dict[str, Any] = tomllib.loads((PROJECT / "uv.lock").read_text(encoding="utf-8"))
IMAGES: dict[str, str] = tomllib.loads(pins.PINS_FILE.read_text(encoding="utf-8"))["images"]
REFERENCE = re.compile(r"\b[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(/[a-z0-9._-]+)+:v?\d[\w.-]*")
VERSION = re.compile(r"v?\d+(\.\d+){2,}")


def test_engine_and_sdk_of_dagger_have_one_version() -> None:
    version = DAGGER["engineVersion"].removeprefix("v")
    assert f"dagger-io=={version}" in PYPROJECT["project"]["dependencies"]
    assert {package["version"] for package in LOCKED["package"] if package["name"] == "dagger-io"} == {
        version
    }


def test_the_dagger_that_airgap_builds_is_that_of_the_module() -> None:
    text = (PROJECT / "airgap/tools/dagger/go.mod").read_text(encoding="utf-8")
    versions = re.findall(r"^\s*(?:require )?github\.com/dagger/dagger (\S+)", text, flags=re.MULTILINE)
    assert versions == [DAGGER["engineVersion"]]


def test_the_module_runs_on_the_pinned_python() -> None:
    assert pins.image("python") == f"docker.io/library/{PYPROJECT['tool']['dagger']['base-image']}"


def test_all_dependencies_of_the_project_are_exact() -> None:
    groups = [PYPROJECT["project"]["dependencies"], *PYPROJECT["dependency-groups"].values()]
    pins_of_groups = [pin for group in groups for pin in group if isinstance(pin, str)]
    assert not [pin for pin in pins_of_groups if not re.fullmatch(r"[\w.\[\]-]+==[\w.]+", pin)]


@pytest.mark.parametrize("file", python_files("ci"))
def test_code_names_no_image_and_no_version(file: str) -> None:
    text = (PROJECT / file).read_text(encoding="utf-8")
    assert not REFERENCE.search(text)
    literals = [node.value for node in ast.walk(parsed(file)) if isinstance(node, ast.Constant)]
    assert not [value for value in literals if isinstance(value, str) and VERSION.fullmatch(value)]


@pytest.mark.parametrize("name", sorted(IMAGES))
def test_a_pinned_image_is_written_in_one_file_of_the_module(name: str) -> None:
    repository, _, tag = IMAGES[name].partition("@")[0].rpartition(":")
    written = re.compile(rf"{re.escape(repository)}|(?<![\w.]){re.escape(tag)}(?![\w.-])")
    assert not [
        file for file in python_files("ci") if written.search((PROJECT / file).read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(
    "text", ["docker.io/library/python:3.13-slim", "run ghcr.io/astral-sh/uv:0.13.8 there"]
)
def test_a_reference_in_code_is_seen(text: str) -> None:
    assert REFERENCE.search(text)


def test_the_module_is_loaded_with_its_code_and_without_that_of_dags() -> None:
    include: list[str] = DAGGER["include"]
    assert include[0] == "!*", "first leave all out, then name what the module needs"
    named = {pattern for pattern in include if not pattern.startswith("!")}
    assert named >= {"dagger.json", "pyproject.toml", "uv.lock", "ci"}
    assert not [
        pattern for pattern in named if pattern.partition("/")[0] in {"dags", "images", "scripts", "**", "*"}
    ]


def test_nothing_of_the_modules_own_code_is_left_out() -> None:
    left_out = [pattern for pattern in DAGGER["include"][1:] if pattern.startswith("!")]
    assert left_out == ["!**/__pycache__"]
