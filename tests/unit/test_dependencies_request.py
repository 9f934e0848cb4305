"""What uv is asked to resolve: the text of a pyproject.toml, as uv takes it."""

import tomllib

import pytest

from ci.dependencies.request import complete

PINS = 'dependencies = ["httpx==0.28.1"]\n'


@pytest.mark.parametrize(
    "text",
    [
        f'[project]\nname = "a"\n{PINS}',
        f'# [project]\n\n [ project ]  # of a type\nname = "a"\n{PINS}[tool.uv]\nprerelease = "allow"\n',
    ],
)
def test_a_project_without_a_version_gets_one(text: str) -> None:
    before = tomllib.loads(text)
    after = tomllib.loads(complete(text))
    assert after == {**before, "project": {**before["project"], "version": "0"}}


@pytest.mark.parametrize("key", ['version = "1.2"', 'dynamic = ["version"]'])
def test_a_project_that_says_its_version_stays_as_it_is(key: str) -> None:
    text = f'[project]\nname = "a"\n{key}\n{PINS}'
    assert complete(text) == text
