"""Sizes as people read them."""

import pytest

from ci.text import megabytes


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0.0 kB"),
        (1, "0.0 kB"),
        (512, "0.5 kB"),
        (99_900, "99.9 kB"),
        (100_000, "0.1 MB"),
        (41_300_000, "41.3 MB"),
        (1_234_567_890, "1234.6 MB"),
    ],
)
def test_a_size_is_decimal_and_small_ones_are_in_kilobytes(size: int, text: str) -> None:
    assert megabytes(size) == text
