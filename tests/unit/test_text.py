"""Text from others, made safe to show."""

import pytest

from ci.errors import ConfigurationError
from ci.text import choose, chosen, escaped, literal, plain, table

from .verdicts import HOSTILE


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a b é|", "a b é|"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("\x7f\x9b\u202e\u2028", "\\x7f\\x9b\\u202e\\u2028"),
    ],
)
def test_what_steers_a_terminal_is_written_out(text: str, told: str) -> None:
    assert plain(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1.0 (a/b): c-d, it's", "1.0 (a/b): c-d, it's"),
        ("a|b<c>`[d](e)", "a&#124;b&#60;c&#62;&#96;&#91;d&#93;(e)"),
        ("a\nb", "a&#92;nb"),
        ("https://a", "https&#58;//a"),
        ("www.a", "www&#8203;.a"),
        ("a@b", "a&#64;&#8203;b"),
    ],
)
def test_markup_is_written_as_text(text: str, told: str) -> None:
    assert escaped(text) == told


def test_code_is_for_what_cannot_end_it() -> None:
    assert literal("@a/b:1.0_c") == "`@a/b:1.0_c`"
    assert literal("a`b") == "a&#96;b"
    assert [text for text in HOSTILE if literal(text).startswith("`") and set(text) & set("`|<>[]\n")] == []


def test_a_table_has_aligned_columns_and_no_blanks_at_the_ends_of_lines() -> None:
    assert table([("DAG", "SIZE", "NOTE"), ("salesforce", "1", ""), ("", "", "x y")]).splitlines() == [
        "DAG         SIZE  NOTE",
        "salesforce  1",
        "                  x y",
    ]
    assert not table([])


def test_rows_of_a_table_have_equally_many_cells() -> None:
    with pytest.raises(ValueError, match="zip"):
        table([("a", "b"), ("c",)])


def test_a_choice_gives_what_the_value_stands_for() -> None:
    assert choose("scope", "b", {"a": 1, "b": 2}) == 2
    assert (chosen("table", "t", "j"), chosen("json", "t", "j")) == ("t", "j")


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ("jason", "unknown format 'jason': did you mean 'json'?"),
        ("yaml", "unknown format 'yaml': choose table, text or json"),
        ("", "unknown format '': choose table, text or json"),
    ],
)
def test_an_unknown_choice_is_refused_with_the_nearest_or_all_values(form: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        choose("format", form, {"table": "", "text": "", "json": ""})
    assert caught.value.problems == (problem,)
