"""Files of variables: the meaning of lines, and messages that never show their content."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.checks.run.programs.env_file import MalformedError, parse

CANARY = "s3cr3t-v4lue"


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("A=b", "A", "b"),
        ("A=", "A", ""),
        ("  export  A = b c  ", "A", "b c"),
        ("export=1", "export", "1"),
        ("A=b=c", "A", "b=c"),
        ("A=b#c", "A", "b#c"),
        ("A=b # a comment", "A", "b"),
        ("A=#hunter2", "A", "#hunter2"),
        ("A=#hunter2 # a comment", "A", "#hunter2"),
        ("A= # a comment", "A", ""),
        ("A= #", "A", ""),
        ("A= b #", "A", "b"),
        ("A=b \t#c #d", "A", "b"),
        ("A=b\r", "A", "b"),
        ("A=${HOME}$x", "A", "${HOME}$x"),
        ("A='b # \"c\" \\n' # a comment", "A", 'b # "c" \\n'),
        ("A='it\\'s'", "A", "it's"),
        ("A=\"b # 'c'\"", "A", "b # 'c'"),
        ("A='b'#c", "A", "b"),
        ('A="b"#c', "A", "b"),
        ("A='\\\\ \\' \\\" \\n \\a'", "A", "\\ ' \\\" \\n \\a"),
        ('A="1\\n2\\t\\"3\\" \\\\ \\\'"', "A", '1\n2\t"3" \\ \''),
        ('A="\\a\\b\\f\\n\\r\\t\\v"', "A", "\a\b\f\n\r\t\v"),
        ('A="\\$4 \\w \\x41 \\0 \\#"', "A", "\\$4 \\w \\x41 \\0 \\#"),
        ('A="\\\\n"', "A", "\\n"),
        ('A=""', "A", ""),
        ('A=b"c"', "A", 'b"c"'),
        ("_a9=ü", "_a9", "ü"),
    ],
)
def test_a_line_is_read_as_dotenv_reads_it(line: str, name: str, value: str) -> None:
    assert parse(line.encode(), ()) == {name: value}


def test_blank_lines_comments_and_a_byte_order_mark_are_skipped_and_the_last_of_a_name_counts() -> None:
    assert parse(b"\xef\xbb\xbfA=1\n\n  # B=2\nA=3\n", ()) == {"A": "3"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (CANARY, "line 2 is not a variable: expected NAME=VALUE"),
        (f"{CANARY}=x", "line 2 has an invalid name before its ="),
        (f"={CANARY}", "line 2 has an invalid name before its ="),
        (f"1A={CANARY}", "line 2 has an invalid name before its ="),
        (f"A B={CANARY}", "line 2 is not a variable"),
        (f"A='{CANARY}", "line 2 has a value without its closing '"),
        (f'A="{CANARY}\\"', 'line 2 has a value without its closing "'),
        (f"A='{CANARY}' more", "line 2 has a value without its closing '"),
        (f"A={CANARY}\0", "line 2 contains a NUL character"),
        (f"PATH={CANARY}", "line 2 sets PATH, which belongs to the image"),
    ],
)
def test_a_malformed_line_is_named_by_its_number_alone(line: str, problem: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse(f"GOOD=1\n{line}\n".encode(), {"PATH"})
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(problem)
    assert CANARY not in str(caught.value)


def test_every_malformed_line_is_reported_but_of_bytes_that_are_no_text_only_the_first() -> None:
    with pytest.raises(MalformedError, match=r"line 1 .*\nline 3 "):
        parse(b"a\nB=1\nc\n", ())
    with pytest.raises(MalformedError, match="line 2 isn't UTF-8"):
        parse(b"A=1\nB=\xff\n", ())


@given(st.text(st.characters(exclude_characters="\0\n", exclude_categories=["Cs"])))
def test_any_text_of_one_line_can_be_written_in_either_quotes(text: str) -> None:
    escaped = text.replace("\\", "\\\\")
    literal, quoted = escaped.replace("'", "\\'"), escaped.replace('"', '\\"')
    assert parse(f"A='{literal}'\nB=\"{quoted}\"".encode(), ()) == {"A": text, "B": text}


@given(st.binary())
def test_whatever_a_file_holds_it_is_read_or_its_lines_are_reported(content: bytes) -> None:
    variables: dict[str, str] = {}
    problems: list[str] = []
    try:
        variables = parse(content, ())
    except MalformedError as error:
        problems = error.problems
    assert all(name.isidentifier() for name in variables)
    assert all(re.match(r"line \d+ ", problem) for problem in problems)
