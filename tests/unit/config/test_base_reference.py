"""The base's reference in images/base.toml: it is replaced, and not one other character."""

import pytest

from ci.config import base
from ci.errors import ConfigurationError

from ..sources import PROJECT

OTHER = "docker.io/apache/airflow:3.99.1-python3.13"


def test_the_projects_own_file_changes_in_that_reference_alone() -> None:
    text = (PROJECT / base.FILE).read_text(encoding="utf-8")
    old = base.parse(text).reference
    moved = base.with_reference(text, OTHER)
    assert moved == text.replace(f'"{old}"', f'"{OTHER}"')
    assert moved.count(OTHER) == 1


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("# b\r\n[base]\r\nreference = 'r.b/a:1' # r.b/a:1", "# b\r\n[base]\r\nreference = 'N' # r.b/a:1"),
        ('[base]\n  reference="r.b/a:1"\n', '[base]\n  reference="N"\n'),
        ("# reference = 'r'\n[base]\nreference = 'r.b/a:1'", "# reference = 'r'\n[base]\nreference = 'N'"),
    ],
)
def test_comments_quotes_and_line_ends_stay(text: str, moved: str) -> None:
    assert base.with_reference(text, "N") == moved


@pytest.mark.parametrize(
    "text",
    [
        'base = { reference = "r.b/a:1" }',
        'base.reference = "r.b/a:1"',
        '[base]\n"reference" = "r.b/a:1"',
        '[base]\nreference = """r.b/a:1"""',
        '[base]\nreference = "r.b/a:\\u0031"',
    ],
)
def test_another_way_to_write_it_is_refused_and_never_half_changed(text: str) -> None:
    assert base.parse(text).reference == "r.b/a:1"
    expected = 'reference = "<registry>/<repository>:<version>-python<series>" in one line'
    with pytest.raises(ConfigurationError, match=rf"could not set reference to .*; expected {expected}"):
        base.with_reference(text, OTHER)
