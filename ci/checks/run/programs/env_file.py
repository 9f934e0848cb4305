"""Read a file of environment variables, as python-dotenv reads it, without ever showing what it holds.

A line is ``NAME=VALUE``, with ``export`` before it or not; blank lines and comments (#) are skipped.
A value is plain (it ends with its line, or before " #"), in '', where a backslash escapes ' and itself, or in
"", where it escapes both quotes and itself, and makes a, b, f, n, r, t and v what they are in Python; before
all else it is a backslash. Of two lines with one name the later counts.

Unlike dotenv: nothing is expanded, no value has two lines, no name is in quotes, a line ends with LF or CRLF
alone, and a line that can't be read is refused, not passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_LINE = re.compile(r"\s*(?:export\s+)?(?P<name>[^=\s]*)\s*=(?P<value>.*)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LITERAL = re.compile(r"'(?P<text>(?:[^'\\]|\\.)*)'\s*(?:#.*)?")
_QUOTED = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"\s*(?:#.*)?')
_COMMENT = re.compile(r"\s+#.*")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_THEMSELVES = "\\'\""


class MalformedError(Exception):
    """The file can't be read; ``problems`` names lines by their number, and never what is in them."""

    def __init__(self, problems: list[str]) -> None:
        """Keep the problems."""
        super().__init__("\n".join(problems))
        self.problems = problems


def parse(content: bytes, reserved: Collection[str]) -> dict[str, str]:
    """The variables of a file, by name.

    Args:
        content: the file.
        reserved: names that it may not set.

    Raises:
        MalformedError: with every line that is wrong.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise MalformedError([f"line {number} isn't UTF-8: save the file as UTF-8"]) from None
    found: dict[str, str] = {}
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            name, value = _variable(line)
        except ValueError as error:
            problems.append(f"line {number} {error}")
            continue
        if name in reserved:
            problems.append(f"line {number} sets {name}, which belongs to the image: remove the line")
        found[name] = value
    if problems:
        raise MalformedError(problems)
    return found


def _variable(line: str) -> tuple[str, str]:
    matched = _LINE.fullmatch(line)
    if not matched:
        raise ValueError("is no variable: write it as NAME=VALUE")
    # What can't be a name may be a piece of a value: it isn't shown.
    if not _NAME.fullmatch(matched["name"]):
        raise ValueError("has no name of a variable before its =: use letters, digits and _")
    if "\0" in line:
        raise ValueError("holds a NUL character: remove it")
    return matched["name"], _value(matched["value"])


def _value(right: str) -> str:
    """The value of what stands right of the =."""
    text = right.strip()
    if text[:1] == "'":
        matched = _LITERAL.fullmatch(text)
        if matched:
            return re.sub(r"\\(['\\])", r"\1", matched["text"])
    elif text[:1] == '"':
        matched = _QUOTED.fullmatch(text)
        if matched:
            return re.sub(r"\\(.)", _unescaped, matched["text"])
    else:
        # White space before the # makes a comment of it: A=#1 is a value, A= #1 is none.
        return _COMMENT.sub("", right).strip()
    raise ValueError(f"doesn't end with the {text[0]} that its value starts with: close it, on the same line")


def _unescaped(escape: re.Match[str]) -> str:
    letter = escape[1]
    return letter if letter in _THEMSELVES else _ESCAPES.get(letter, escape[0])
