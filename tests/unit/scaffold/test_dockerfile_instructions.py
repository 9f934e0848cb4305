"""Dockerfiles are read as BuildKit reads them: its own parser gave the expected values here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.starting.instructions import Instruction, read


def found(text: str) -> list[tuple[str, int, str]]:
    return [(each.name, each.line, each.value) for each in read(text)]


def inside(each: Instruction) -> list[tuple[int, str]]:
    return [(piece.line, piece.text) for piece in each.heredocs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("# nothing\n\n", []),
        ("\ufeffFROM a\r\nRUN b\r\n", [("FROM", 1, "a"), ("RUN", 2, "b")]),
        ("from a\n  run\tb", [("FROM", 1, "a"), ("RUN", 2, "b")]),
        ("RUN a \\\n  && b", [("RUN", 1, "a   && b")]),
        ("RUN a \\\n# comment\n\n  b\nUSER c", [("RUN", 1, "a   b"), ("USER", 5, "c")]),
        ("RUN a \\  \n b", [("RUN", 1, "a  b")]),
        ("RUN a \\\\\nUSER b", [("RUN", 1, "a \\\\"), ("USER", 2, "b")]),
        ("RUN a \\", [("RUN", 1, "a")]),
        ("RU\\\nN x", [("RUN", 1, "x")]),
        ("\\\nRUN x", [("RUN", 1, "x")]),
        ("# escape=`\nRUN a `\n b", [("RUN", 2, "a  b")]),
        ("# syntax=x\n# escape=`\nRUN a \\\nUSER b", [("RUN", 3, "a \\"), ("USER", 4, "b")]),
        ("# a comment first\n# escape=`\nRUN a \\\n b", [("RUN", 3, "a  b")]),
        ("ENV A=<<EOF\nUSER b", [("ENV", 1, "A=<<EOF"), ("USER", 2, "b")]),
        ("RUN x <<< y\nUSER b", [("RUN", 1, "x <<< y"), ("USER", 2, "b")]),
        ('RUN echo "a <<EOF\nUSER b', [("RUN", 1, 'echo "a <<EOF'), ("USER", 2, "b")]),
    ],
)
def test_instructions_have_their_lines(text: str, expected: list[tuple[str, int, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN <<EOF\na\nUSER b\nEOF\nUSER c", [(2, "a"), (3, "USER b")]),
        ("RUN <<-EOF\n\ta\n\tEOF\nUSER c", [(2, "\ta")]),
        ("RUN cat <<'A' > x <<B\n1\nA\n2\nB\nUSER c", [(2, "1"), (4, "2")]),
        ('COPY <<"E" /x\n# no comment\n\nE\nUSER c', [(2, "# no comment"), (3, "")]),
        ("ONBUILD RUN <<EOF\na\nEOF\nUSER c", [(2, "a")]),
    ],
)
def test_here_documents_are_no_instructions(text: str, expected: list[tuple[int, str]]) -> None:
    first, last = read(text)
    assert inside(first) == expected
    assert last.name == "USER"


def test_a_here_document_without_its_end_takes_the_rest() -> None:
    (only,) = read("RUN <<EOF\nUSER b\n")
    assert inside(only) == [(2, "USER b"), (3, "")]


def test_flags_stand_before_the_value() -> None:
    (only,) = read("COPY --from=a --link \\\n  --chown=b:c d --e f")
    assert only.flags == {"from": "a", "link": "", "chown": "b:c"}
    assert only.value == "d --e f"


def test_a_flag_may_be_given_more_than_once() -> None:
    (only,) = read("RUN --mount=type=cache,target=/a --mount=type=secret,id=b --network=none c")
    assert only.all_flags == [
        ("mount", "type=cache,target=/a"),
        ("mount", "type=secret,id=b"),
        ("network", "none"),
    ]


@given(st.text(alphabet="RUN \\\n#<EOF-\"'ab`=", max_size=60))
def test_every_line_of_an_instruction_is_told_once(text: str) -> None:
    lines = [piece.line for each in read(text) for piece in (*each.pieces, *each.heredocs)]
    assert lines == sorted(lines)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)
