"""Text from others, made safe to show."""

import pytest

from ci.text import choose, chosen, escaped, literal, megabytes, plain, table

from .refusals import refusal
from .verdicts import HOSTILE

PLAIN = {
    "a b é|": "a b é|",
    "\x1b[2J": "\\x1b[2J",
    "a\r\nb\tc": "a\\r\\nb\\tc",
    "\x7f\x9b\u202e\u2028": "\\x7f\\x9b\\u202e\\u2028",
}
ESCAPED = {
    "1.0 (a/b): c-d, it's": "1.0 (a/b): c-d, it's",
    "a|b<c>`[d](e)": "a&#124;b&#60;c&#62;&#96;&#91;d&#93;(e)",
    "a\nb": "a&#92;nb",
    "https://a": "https&#58;//a",
    "www.a": "www&#8203;.a",
    "a@b": "a&#64;&#8203;b",
}


def test_what_steers_a_terminal_and_markup_are_written_out() -> None:
    assert {text: plain(text) for text in PLAIN} == PLAIN
    assert {text: escaped(text) for text in ESCAPED} == ESCAPED


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
    with pytest.raises(ValueError, match="zip"):
        table([("a", "b"), ("c",)])


def test_a_size_is_decimal_and_small_ones_are_in_kilobytes() -> None:
    sizes = {0: "0.0 kB", 1: "0.0 kB", 512: "0.5 kB", 99_900: "99.9 kB", 100_000: "0.1 MB"}
    sizes |= {41_300_000: "41.3 MB", 1_234_567_890: "1234.6 MB"}
    assert {size: megabytes(size) for size in sizes} == sizes


def test_a_choice_gives_what_the_value_stands_for_and_an_unknown_one_is_refused() -> None:
    assert choose("scope", "b", {"a": 1, "b": 2}) == 2
    assert (chosen("table", "t", "j"), chosen("json", "t", "j")) == ("t", "j")
    hints = {"jason": "did you mean 'json'?", **dict.fromkeys(("yaml", ""), "choose table, text or json")}
    for form, hint in hints.items():
        problems = refusal(choose, "format", form, dict.fromkeys(("table", "text", "json"), ""))
        assert problems == (f"unknown format {form!r}: {hint}",)
