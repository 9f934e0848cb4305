"""Which instructions of a Dockerfile its last stage is made from."""

import pytest

from ci.starting.instructions import read
from ci.starting.stages import own_instructions, stage


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("", set[int]()),
        ("RUN a", {0}),
        ("ARG A\nFROM x\nRUN a", {1, 2}),
        ("FROM x\nFROM y\nRUN a", {1, 2}),
        ("FROM x AS B\nRUN a\nFROM z\nFROM b as c\nFROM c", {0, 1, 3, 4}),
        ("FROM b AS a\nFROM a AS b", {0, 1}),
        ("FROM x AS a\nFROM b\nFROM y AS b", {2}),
        ("FROM x AS a\nFROM y AS a\nFROM a", {1, 2}),
    ],
)
def test_the_last_stage_and_what_it_is_made_from(text: str, own: set[int]) -> None:
    assert own_instructions(read(text)) == own


@pytest.mark.parametrize(
    ("text", "expected"),
    [("FROM X AS Y", ("X", "y")), ("FROM --platform=a x", ("x", "")), ("FROM", ("", ""))],
)
def test_what_a_stage_goes_on_with(text: str, expected: tuple[str, str]) -> None:
    (found,) = read(text)
    assert stage(found) == expected
