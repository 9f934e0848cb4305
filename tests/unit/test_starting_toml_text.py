"""Values as TOML has them: what is read back is what was written."""

import math
import tomllib
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.starting.toml_text import quoted, value


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        ("a", '"a"'),
        (True, "true"),
        (1, "1"),
        (1.5, "1.5"),
        (["a", 1], '["a", 1]'),
        (dict[str, str](), "{}"),
        ({"api": "max-age=600"}, '{ api = "max-age=600" }'),
        ({"a b": {"c": [{"d": 1}]}}, '{ "a b" = { c = [{ d = 1 }] } }'),
        (date(2026, 1, 1), "2026-01-01"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+00:00"),
        (time(1, 2), "01:02:00"),
        (math.inf, "inf"),
    ],
)
def test_a_value_is_written_as_toml(given_value: object, expected: str) -> None:
    assert value(given_value) == expected


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(
    st.recursive(
        TEXTS
        | st.booleans()
        | st.integers(-(2**63), 2**63 - 1)
        | st.floats(allow_nan=False)
        | st.dates()
        | st.times()
        | st.datetimes(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=8,
    )
)
def test_what_is_read_back_is_what_was_written(written: object) -> None:
    assert tomllib.loads(f"a = {value(written)}\n") == {"a": written}


@given(TEXTS)
def test_a_text_is_read_back(text: str) -> None:
    assert tomllib.loads(f"a = {quoted(text)}\n") == {"a": text}
