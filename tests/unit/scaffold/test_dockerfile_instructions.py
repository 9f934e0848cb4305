"""Dockerfiles are read as BuildKit reads them: its own parser gave the expected values here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.scaffold.dockerfile.instructions import build_arguments, read


def parts(text: str) -> list[tuple[str, int, str]]:
    return [(instruction.name, instruction.line, instruction.value) for instruction in read(text)]


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
        ("ENV A=<<EOF\nUSER b", [("ENV", 1, "A=<<EOF"), ("USER", 2, "b")]),
        ("RUN x <<< y\nUSER b", [("RUN", 1, "x <<< y"), ("USER", 2, "b")]),
        ('RUN echo "a <<EOF\nUSER b', [("RUN", 1, 'echo "a <<EOF'), ("USER", 2, "b")]),
    ],
)
def test_instructions_have_their_lines(text: str, expected: list[tuple[str, int, str]]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    "source",
    [
        "RUN <<EOF\na\nUSER b\nEOF",
        "RUN <<-EOF\n\ta\n\tEOF",
        "RUN cat <<'A' > x <<B\n1\nA\n2\nB",
        'COPY <<"E" /x\n# no comment\n\nE',
        "RUN a \\\n# comment\n  && b",
    ],
)
def test_an_instruction_has_its_source_with_its_here_documents(source: str) -> None:
    first, last = read(f"{source}\nUSER c")
    assert first.source == source
    assert first.heredoc is ("<<" in source)
    assert last.name == "USER"


def test_a_here_document_without_its_end_takes_the_rest_and_flags_stand_before_the_value() -> None:
    (only,) = read("RUN <<EOF\nUSER b\n")
    assert only.source == "RUN <<EOF\nUSER b"
    (only,) = read("COPY --from=a --link \\\n  --chown=b:c d --e f")
    assert (only.flags, only.value) == (["--from=a", "--link", "--chown=b:c"], "d --e f")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM x\nARG A=1", {}),
        ("ARG A=1\nARG B='2 3'\nARG C\nARG A=4\nFROM x\nARG D=5", {"A": "4", "B": "2 3"}),
        ("ARG A=1\nARG B=$A.2\nARG C=${A}3\nFROM x", {"A": "1", "B": "1.2", "C": "13"}),
        ("ARG A(=2\nARG B=$A(\nFROM x", {"A(": "2", "B": "2"}),
    ],
)
def test_the_arguments_before_the_first_stage(text: str, expected: dict[str, str]) -> None:
    assert build_arguments(read(text)) == expected


@given(st.text(alphabet="RUN \\\n#<EOF-\"'ab`=", max_size=60))
def test_every_line_is_of_one_instruction_or_ignored(text: str) -> None:
    lines = text.split("\n")
    covered: set[int] = set()
    for instruction in read(text):
        own = set(range(instruction.line, instruction.line + len(instruction.source.split("\n"))))
        assert not own & covered
        covered |= own
    rest = [line.strip() for number, line in enumerate(lines, 1) if number not in covered]
    assert all(not line or line.startswith("#") for line in rest)
