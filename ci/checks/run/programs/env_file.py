"""Read a file of environment variables as python-dotenv does, without ever showing its content.

A line is ``NAME=VALUE``, optionally after ``export``; blank lines and comments (#) are skipped.
A value is plain (it ends with its line, or before " #"), in '', where a backslash escapes ' and itself, or in
"", where it escapes both quotes and itself, and gives a, b, f, n, r, t and v their meaning in Python; before
other characters it is a backslash. Of two lines with the same name the later one counts.

Unlike in dotenv, nothing is expanded, values have one line, names no quotes, lines end with LF or CRLF, and a
malformed line is an error.
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
    """A malformed file; ``problems`` name lines by their number, without their content."""

    def __init__(self, problems: list[str]) -> None:
        """Keep the problems."""
        super().__init__("\n".join(problems))
        self.problems = problems


def parse(content: bytes, reserved: Collection[str]) -> dict[str, str]:
    """Return the variables of a file by name; raise MalformedError with every malformed or reserved line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise MalformedError([f"line {number} isn't UTF-8: save the file as UTF-8"]) from None
    variables: dict[str, str] = {}
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
        variables[name] = value
    if problems:
        raise MalformedError(problems)
    return variables


def _variable(line: str) -> tuple[str, str]:
    matched = _LINE.fullmatch(line)
    if not matched:
        raise ValueError("is not a variable: expected NAME=VALUE")
    # An invalid name may be a piece of a value: it isn't shown.
    if not _NAME.fullmatch(matched["name"]):
        raise ValueError("has an invalid name before its =: expected letters, digits and _")
    if "\0" in line:
        raise ValueError("contains a NUL character: remove it")
    return matched["name"], _value(matched["value"])


def _value(right: str) -> str:
    """Return the value of the text after the =."""
    text = right.strip()
    if text[:1] not in {"'", '"'}:
        # A # after white space begins a comment: A=#1 has a value, A= #1 has none.
        return _COMMENT.sub("", right).strip()
    if matched := _LITERAL.fullmatch(text):
        return re.sub(r"\\(['\\])", r"\1", matched["text"])
    if matched := _QUOTED.fullmatch(text):
        return re.sub(r"\\(.)", _unescaped, matched["text"])
    raise ValueError(f"has a value without its closing {text[0]}: close it on the same line")


def _unescaped(escape: re.Match[str]) -> str:
    letter = escape[1]
    return letter if letter in _THEMSELVES else _ESCAPES.get(letter, escape[0])
