"""Every version and reference is written once, and what must agree does."""

import ast
import json
import re
import tomllib
from typing import Any

from ci.config import pins

from .sources import PROJECT, message, python_files, text

DAGGER: dict[str, Any] = json.loads((PROJECT / "dagger.json").read_text(encoding="utf-8"))
PYPROJECT: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKED: dict[str, Any] = tomllib.loads((PROJECT / "uv.lock").read_text(encoding="utf-8"))
IMAGES: dict[str, str] = {
    **tomllib.loads(pins.PINS_FILE.read_text(encoding="utf-8"))["images"],
    "airflow": pins.default_base(),
}
REFERENCE = re.compile(r"\b[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(/[a-z0-9._-]+)+:v?\d[\w.-]*")
MODULE = python_files("ci")
VERSION = re.compile(r"v?\d+(\.\d+){2,}")


def test_engine_sdk_and_the_dagger_that_airgap_builds_have_one_version() -> None:
    version = DAGGER["engineVersion"].removeprefix("v")
    assert f"dagger-io=={version}" in PYPROJECT["project"]["dependencies"]
    locked = {package["version"] for package in LOCKED["package"] if package["name"] == "dagger-io"}
    assert locked == {version}
    module = (PROJECT / "airgap/tools/dagger/go.mod").read_text(encoding="utf-8")
    built = re.findall(r"^\s*(?:require )?github\.com/dagger/dagger (\S+)", module, flags=re.MULTILINE)
    assert built == [f"v{version}"]


def test_the_module_runs_on_the_pinned_python() -> None:
    assert IMAGES["python"] == f"docker.io/library/{PYPROJECT['tool']['dagger']['base-image']}"


def test_all_dependencies_of_the_project_are_exact() -> None:
    groups = [PYPROJECT["project"]["dependencies"], *PYPROJECT["dependency-groups"].values()]
    pins_of_groups = [pin for group in groups for pin in group if isinstance(pin, str)]
    assert not [pin for pin in pins_of_groups if not re.fullmatch(r"[\w.\[\]-]+==[\w.]+", pin)]


def versions(source: str) -> list[str]:
    """Literals of some code that are a version; it is parsed only where its text holds one in quotes."""
    if not re.search(rf"[\"']{VERSION.pattern}[\"']", source):
        return []
    literals = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    return [value for value in literals if isinstance(value, str) and VERSION.fullmatch(value)]


def test_code_names_no_image_and_no_version() -> None:
    texts = {file: text(file) for file in MODULE}
    offenders = [f"{file}: {found[0]}" for file in texts for found in REFERENCE.finditer(texts[file])]
    offenders += [f"{file}: {version}" for file in texts for version in versions(texts[file])]
    assert not offenders, message("write it in ci/pins.toml and ask ci/config/pins.py for it", offenders)


def test_a_pinned_image_is_written_in_one_file_of_the_module() -> None:
    assert IMAGES
    texts = {file: text(file) for file in MODULE}
    offenders: list[str] = []
    for name, reference in IMAGES.items():
        repository, _, tag = reference.partition("@")[0].rpartition(":")
        written = re.compile(rf"{re.escape(repository)}|(?<![\w.]){re.escape(tag)}(?![\w.-])")
        near = [file for file, content in texts.items() if repository in content or tag in content]
        offenders += [f"{file} names the image {name}" for file in near if written.search(texts[file])]
    assert not offenders, message("write it in ci/pins.toml alone", offenders)


def test_a_reference_and_a_version_in_code_are_seen() -> None:
    assert REFERENCE.search("docker.io/library/python:3.13-slim")
    assert REFERENCE.search("run ghcr.io/astral-sh/uv:0.13.8 there")
    assert versions("x = ['v1.2.3', \"1.2.3.4\", 'of 1.2.3', '\"1.2.3\"']\n") == ["v1.2.3", "1.2.3.4"]


def test_the_module_is_loaded_with_all_of_its_code_and_without_that_of_dags() -> None:
    first, *include = DAGGER["include"]
    assert first == "!*", "first leave all out, then name what the module needs"
    assert [pattern for pattern in include if pattern.startswith("!")] == ["!**/__pycache__"]
    assert {*include} >= {"dagger.json", "pyproject.toml", "uv.lock", "ci"}
    assert not {pattern.partition("/")[0] for pattern in include} & {"dags", "images", "scripts", "**", "*"}
