"""One result in the format that was asked for."""

import pytest

from ci.errors import ConfigurationError
from ci.text import chosen


def test_each_format_gives_its_text() -> None:
    assert (chosen("table", "t", "j"), chosen("json", "t", "j")) == ("t", "j")


@pytest.mark.parametrize(
    ("form", "hint"),
    [("jason", "did you mean 'json'"), ("yaml", "there are table and json"), ("", "there are")],
)
def test_another_format_is_refused_with_those_there_are(form: str, hint: str) -> None:
    with pytest.raises(ConfigurationError, match=f"--format '{form}' isn't known.*{hint}"):
        chosen(form, "t", "j")
