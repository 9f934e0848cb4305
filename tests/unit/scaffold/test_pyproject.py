"""Every key of pyproject.<type>.toml is carried over or told, with its line."""

import pytest

from ci.errors import ConfigurationError
from ci.starting.manifest import Manifest, manifest

TEXT = """\
[project]
name = "pipeline-crm"
version = "0.3.0"
requires-python = ">=3.9"
dependencies = [
    "a==1",
    'b[c]>=2',
    "d @ git+https://u:hunter2@example.com/d",
]
readme = "README.md"

[project.optional-dependencies]
x = ["y"]

[dependency-groups]
dev = ["pytest"]

[build-system]
requires = ["hatchling"]

[tool.ruff]
line-length = 100

[tool.uv]
exclude-newer = "2026-01-01T00:00:00Z"
dev-dependencies = ["z"]
override-dependencies = ["o==1"]

[tool.uv.sources]
a = { path = "../a" }

[[tool.uv.index]]
name = "house"
url = "https://example.com/simple"

[other]
k = 1
"""


def read(text: str, python: str = "3.13") -> Manifest:
    return manifest("pyproject.crm.toml", text, "crm", python)


def test_every_key_has_its_line_and_its_fate() -> None:
    found = read(TEXT)
    assert {(each.line, each.what): each.todo for each in found.told} == {
        (2, "project.name"): False,
        (3, "project.version"): False,
        (4, "project.requires-python"): False,
        (8, "d @ git+https://***@example.com/d"): True,
        (10, "project.readme"): True,
        (12, "project.optional-dependencies"): True,
        (15, "dependency-groups"): True,
        (18, "build-system"): True,
        (21, "tool.ruff"): True,
        (25, "tool.uv.exclude-newer"): False,
        (26, "tool.uv.dev-dependencies"): True,
        (27, "tool.uv.override-dependencies"): True,
        (29, "tool.uv.sources"): True,
        (32, "tool.uv.index"): False,
        (36, "other"): True,
    }
    assert [(each.text, each.line) for each in found.wishes] == [("a==1", 6), ("b[c]>=2", 7)]
    assert found.project == {"version": "0.3.0", "requires-python": ">=3.9"}
    assert found.left
    assert set(found.uv) == {"exclude-newer", "index"}


@pytest.mark.parametrize("wanted", [">=3.14", "<3.13", "nonsense"])
def test_a_python_that_the_base_has_not_is_left_out(wanted: str) -> None:
    found = read(f'[project]\nrequires-python = "{wanted}"\n')
    assert "requires-python" not in found.project
    assert "isn't the base's Python, 3.13" in found.told[0].outcome


@pytest.mark.parametrize(
    "text",
    [
        '[[tool.uv.index]]\nurl = "https://u:hunter2@example.com/simple"\n',
        '[tool.uv]\nindex = "x"\n',
        "[tool.uv]\nindex = [1]\n",
    ],
)
def test_an_index_that_cannot_be_kept_is_told(text: str) -> None:
    found = read(text)
    assert not found.uv
    assert [each.todo for each in found.told] == [True]
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = \n", 2), ("[project", 1), ("a = '", 1)],
)
def test_what_is_no_toml_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(ConfigurationError, match=rf"^pyproject\.crm\.toml:{line}: is no TOML: "):
        read(text)


def test_a_file_without_anything_says_nothing() -> None:
    assert read("").told == ()


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('a = { index = "house" }', "say which index a package is from: copy them into [tool.uv.sources]"),
        ('a = { path = "../a" }', "publish to one those with a path, url or git"),
        ('a = { index = "house" }\nb = { git = "https://x/b" }', "copy those with an index"),
    ],
)
def test_the_sources_of_packages_are_told_by_their_kind(source: str, told: str) -> None:
    (found,) = read(f"[tool.uv.sources]\n{source}\n").told
    assert found.todo
    assert told in found.outcome


POETRY = """\
[tool.poetry]
name = "crm"
version = "1.0.0"
description = "what it does"
authors = ["me"]

[tool.poetry.dependencies]
python = "^3.9"
requests = "^2.31"
"zope.interface" = { version = "~6.1", extras = ["x"] }
pandas = { version = "2.*", python = ">=3.9" }
house = { git = "https://u:hunter2@example.com/house.git" }
maybe = { version = "^1", optional = true }

[tool.poetry.dependencies.lib]
path = "../lib"

[tool.poetry.group.dev.dependencies]
pytest = "^8"

[tool.poetry.group.later]
optional = true

[tool.poetry.group.etl.dependencies]
polars = "^1"

[tool.poetry.extras]
maybe = ["maybe"]

[[tool.poetry.source]]
name = "house"
url = "https://example.com/simple"
"""
DYNAMIC = '[project]\ndynamic = ["dependencies"]\n'
NEW = "[project] dependencies of images/crm/pyproject.toml"


def test_poetrys_dependencies_are_carried_over_and_the_rest_told() -> None:
    found = read(POETRY)
    assert [(each.text, each.line) for each in found.wishes] == [
        ("requests>=2.31,<3", 9),
        ("zope.interface[x]>=6.1,<6.2", 10),
        ('pandas==2.*; python_version >= "3.9"', 11),
    ]
    assert found.project == {
        "version": "1.0.0",
        "description": "what it does",
        "requires-python": ">=3.9,<4",
    }
    assert {(each.line, each.what.removeprefix("tool.poetry.")): each.todo for each in found.told} == {
        (2, "name"): False,
        (3, "version"): False,
        (4, "description"): False,
        (5, "authors"): True,
        (8, "dependencies.python"): False,
        (12, "dependencies.house"): True,
        (13, "dependencies.maybe"): True,
        (15, "dependencies.lib"): True,
        (18, "group.dev"): True,
        (21, "group.later"): True,
        (24, "group.etl"): True,
        (27, "extras"): True,
        (30, "source"): True,
    }
    outcomes = {each.what.removeprefix("tool.poetry."): each.outcome for each in found.told}
    for key in ("dependencies.house", "dependencies.maybe", "dependencies.lib", "group.etl"):
        assert f"into {NEW}" in outcomes[key]
    assert "polars" in outcomes["group.etl"]
    assert "keep them in the pyproject.toml of your own tools" in outcomes["group.dev"]
    assert "[[tool.uv.index]]" in outcomes["source"]
    assert found.left
    assert "hunter2" not in repr(found)


def test_a_manifest_of_which_all_is_carried_over_has_nothing_left() -> None:
    assert not read('[tool.poetry.dependencies]\npython = "*"\nrequests = "^2.31"\n').left
    assert not read("[project]\ndependencies = ['a']\n[tool.poetry.group.test.dependencies]\nb = '*'\n").left


def test_what_project_says_holds_over_poetrys() -> None:
    text = '[project]\nversion = "1"\nrequires-python = ">=3.12"\n'
    found = read(f'{text}[tool.poetry]\nversion = "2"\n[tool.poetry.dependencies]\npython = "^3.9"\n')
    assert found.project == {"version": "1", "requires-python": ">=3.12"}
    assert [each.outcome for each in found.told if each.what.startswith("tool")] == [
        "that of [project] holds"
    ] * 2


@pytest.mark.parametrize("python", ["^3.9 || ^4", "3", "{ version = 1 }"])
def test_a_python_of_poetrys_that_is_no_range_or_not_the_bases_is_told(python: str) -> None:
    value = python if python.startswith("{") else f'"{python}"'
    found = read(f"[tool.poetry.dependencies]\npython = {value}\n")
    assert not found.project
    assert [each.todo for each in found.told] == [True]
    assert not found.left


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[project]\ndynamic = ["version", "dependencies"]\n', f"write them into {NEW}"),
        (
            f"{DYNAMIC}[tool.setuptools.dynamic]\ndependencies = {{ file = ['requirements.in'] }}\n",
            "(requirements.in)",
        ),
        (f"{DYNAMIC}[tool.setuptools.dynamic]\ndependencies = {{ file = 'r.txt' }}\n", "(r.txt)"),
        ('[project]\ndependencies = "requests"\n', f"is no list: write its requirements into {NEW}"),
        ("[project]\ndependencies = [1]\n", f"is no requirement: write it into {NEW}"),
        ('[project]\ndependencies = ["requests ^2"]\n', f"is no requirement: write it into {NEW}"),
        ('[project]\ndependencies = ["./lib"]\n', f"publish it to one and pin it in {NEW}"),
        ('[tool.poetry]\ndependencies = ["requests"]\n', f"is no table: write its requirements into {NEW}"),
    ],
)
def test_dependencies_that_are_not_carried_over_are_left_to_do(text: str, told: str) -> None:
    found = read(text)
    assert found.left
    assert not found.wishes
    assert told in "\n".join(each.outcome for each in found.told if each.todo)


def test_dependencies_that_poetry_has_are_not_left_to_do() -> None:
    found = read('[project]\ndynamic = ["dependencies"]\n[tool.poetry.dependencies]\na = "1"\n')
    assert [wish.text for wish in found.wishes] == ["a==1"]
    assert not found.left
    assert [each.todo for each in found.told] == [False]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tool.pdm.dev-dependencies]\ntest = ['pytest']\n", "an image has no groups"),
        ("[[tool.pdm.source]]\nurl = 'https://example.com'\n", "[[tool.uv.index]]"),
        ("[tool.pdm]\ndistribution = true\n", "tools read the pyproject.toml at the root"),
        ("[tool.hatch.envs.default]\ndependencies = ['pytest']\n", "an image has no environments"),
        ("[project]\ndynamic = ['version']\n", "means nothing for an image"),
        ("[project]\ndynamic = ['optional-dependencies']\n", "means nothing for an image"),
        ("[project]\ndescription = 'Bearer hunter2'\n", "looks like a secret"),
        ("[tool]\npoetry = 1\n", "means nothing for an image"),
    ],
)
def test_other_tools_and_keys_are_told_by_what_they_mean(text: str, told: str) -> None:
    (found,) = read(text).told
    assert found.todo
    assert told in found.outcome
    assert "hunter2" not in repr(found)


def test_a_file_of_windows_is_read_as_any_other() -> None:
    assert read("\ufeff[project]\r\nversion = '1'\r\n") == read("[project]\nversion = '1'\n")
