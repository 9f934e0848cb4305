"""Every key of pyproject.<type>.toml is carried over or has a note, with its line."""

import pytest

from ci.errors import ConfigurationError
from ci.scaffold.pyproject import Manifest
from ci.scaffold.pyproject import read as read_file

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
    return read_file("pyproject.crm.toml", text, "crm", python)


def test_every_key_has_its_line_and_its_outcome() -> None:
    manifest = read(TEXT)
    assert {(note.line, note.text): note.todo for note in manifest.notes} == {
        (2, "project.name"): False,
        (3, "project.version"): False,
        (4, "project.requires-python"): False,
        (8, "d @ git+https://u:hunter2@example.com/d"): True,
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
    assert [(one.text, one.line) for one in manifest.requirements] == [("a==1", 6), ("b[c]>=2", 7)]
    assert manifest.project == {"version": "0.3.0", "requires-python": ">=3.9"}
    assert manifest.incomplete
    assert set(manifest.uv) == {"exclude-newer", "index"}
    assert all("hunter2" not in note.markdown() for note in manifest.notes)


def test_a_python_that_the_base_lacks_is_left_out() -> None:
    for python in (">=3.14", "<3.13", "nonsense"):
        manifest = read(f'[project]\nrequires-python = "{python}"\n')
        assert not manifest.project
        assert "isn't the base's Python, 3.13" in manifest.notes[0].outcome


def test_an_index_with_a_login_or_of_a_wrong_shape_is_left_to_do() -> None:
    login = '[[tool.uv.index]]\nurl = "https://u:hunter2@example.com/simple"\n'
    for text in (login, '[tool.uv]\nindex = "x"\n', "[tool.uv]\nindex = [1]\n"):
        manifest = read(text)
        assert (manifest.uv, [note.todo for note in manifest.notes]) == ({}, [True])
        assert "hunter2" not in repr(manifest)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ('[project]\ndynamic = ["version", "dependencies"]\n', "[project] must name everything itself"),
        ('[project]\ndependencies = "requests"\n', "means nothing for an image"),
        ("[project]\ndependencies = [1]\n", "isn't a package of an index"),
        ('[project]\ndependencies = ["requests ^2"]\n', "isn't a package of an index"),
        ('[project]\ndependencies = ["./lib"]\n', "isn't a package of an index"),
        ('[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\nrequests = "^2"\n', "uvx migrate-to-uv"),
        ("[tool.pdm]\ndistribution = true\n", "uvx migrate-to-uv"),
    ],
)
def test_dependencies_that_are_not_carried_over_are_left_to_do(text: str, remedy: str) -> None:
    manifest = read(text)
    assert manifest.incomplete
    assert not manifest.requirements
    assert any(remedy in note.outcome for note in manifest.notes if note.todo)


def test_a_file_without_dependencies_is_complete_and_one_of_windows_is_read_as_any_other() -> None:
    for text in ("", "[project]\ndependencies = []\ndynamic = ['version']\n"):
        assert not read(text).incomplete
    assert read("\ufeff[project]\r\nversion = '1'\r\n") == read("[project]\nversion = '1'\n")


def test_invalid_toml_is_refused_with_its_line() -> None:
    for text, line in {"a = 1\nb = \n": 2, "[project": 1, "a = '": 1}.items():
        with pytest.raises(ConfigurationError, match=rf"^pyproject\.crm\.toml:{line}: invalid TOML: "):
            read(text)
