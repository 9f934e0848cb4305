"""The commands of RUN, with their lines; what only a shell could tell has no words."""

import pytest

from ci.starting.commands import Command, commands, exec_form, substituted
from ci.starting.instructions import read

KNOWN = {"AIRFLOW_HOME": "/opt/airflow", "AIRFLOW_VERSION": "3.1.5"}


def of(text: str) -> list[Command]:
    (instruction,) = read(text)
    return commands(instruction, KNOWN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN a b", [(1, ("a", "b"))]),
        ("RUN a && b; c", [(1, ("a",)), (1, ("b",)), (1, ("c",))]),
        ("RUN --mount=type=cache,target=/c \\\n a \\\n && b", [(2, ("a",)), (3, ("b",))]),
        ("RUN a \\\n && \\\n # comment\n b", [(1, ("a",)), (4, ("b",))]),
        ("RUN a 'x && y' \"z;\"", [(1, ("a", "x && y", "z;"))]),
        ("RUN a # b && c", [(1, ("a",))]),
        ("RUN a#b", [(1, ("a#b",))]),
        ('RUN ["a", "b c"]', [(1, ("a", "b c"))]),
        ("RUN []", []),
        ("RUN <<EOF\nset -e\na \\\n  b\n# c\nd\nEOF", [(2, ("set", "-e")), (3, ("a", "b")), (6, ("d",))]),
        ("RUN mkdir ${AIRFLOW_HOME}/dags", [(1, ("mkdir", "/opt/airflow/dags"))]),
        ("RUN $AIRFLOW_HOMES", [(1, ())]),
        ("RUN pip install 'a>=1'", [(1, ("pip", "install", "a>=1"))]),
        ("RUN a | b && c", [(1, ()), (1, ("c",))]),
        ("RUN a || b", [(1, ())]),
        ("RUN a > b", [(1, ())]),
        ("RUN a $X", [(1, ())]),
        ('RUN a "$X; b; c"', [(1, ())]),
        ("RUN a 'x", [(1, ())]),
        ("RUN cat <<EOF > /x\na\nEOF", [(1, ())]),
        ("RUN if a; then b; fi", [(1, ())]),
        ("RUN for x in y; do apt-get install z; done", [(1, ())]),
        ("RUN echo $(a; apt-get install b; c)", [(1, ())]),
        ("RUN (a; b)", [(1, ())]),
        ("RUN # nothing", []),
    ],
)
def test_commands_with_their_lines(text: str, expected: list[tuple[int, tuple[str, ...]]]) -> None:
    assert [(each.line, each.words) for each in of(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [('["a"]', ("a",)), ("[]", ()), ("a", None), ("[1]", None), ('{"a": 1}', None)],
)
def test_a_json_list_of_texts_is_the_exec_form(text: str, expected: tuple[str, ...] | None) -> None:
    assert exec_form(text) == expected


def test_a_value_is_filled_in_as_it_is() -> None:
    assert substituted(r"$A ${A} $AB", {"A": r"\1"}) == r"\1 \1 $AB"


def test_a_name_that_is_none_fills_in_nothing_else() -> None:
    assert substituted("$A ${A(}", {"A(": "b", ".": "c"}) == "$A b"
