"""Which instructions of a Dockerfile its last stage is made from."""

import pytest

from ci.starting.instructions import read
from ci.starting.stages import defaults, own_instructions, stage


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
        ("ARG V=Base\nFROM x AS base\nRUN a\nFROM y AS b\nFROM $V", {1, 2, 4}),
        ("ARG V=a\nARG W=${V}b\nFROM x AS ab\nFROM ${W} AS c\nFROM c", {2, 3, 4}),
        ("ARG V\nFROM x AS a\nFROM $V", {2}),
        ("FROM x AS a\nARG V=a\nFROM $V", {2}),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM x\nARG A=1", {}),
        ("ARG A=1 B='2 3'\nARG C\nARG A=4\nFROM x\nARG B=5", {"A": "4", "B": "2 3"}),
        ("ARG A=1\nARG B=$A.2\nFROM x", {"A": "1", "B": "1.2"}),
        ("ARG A='\nARG B=1\nARG C(=2\nFROM x", {"A": "'", "B": "1"}),
        ("ARG A=1", {"A": "1"}),
    ],
)
def test_the_values_of_arguments_before_the_first_stage(text: str, expected: dict[str, str]) -> None:
    assert defaults(read(text)) == expected
