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
