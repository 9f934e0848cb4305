"""What is told of each part of an old repository: carried over, or left to do; no secret is in it."""

import re
from dataclasses import dataclass

from ..dependencies.credentials import redacted

_LONGEST = 120  # characters of a source's text that are shown
_SECRET = (
    r"password|passwd|secret|token|credential|private|fernet|api_?key|access_?key|sql_alchemy_conn"  # noqa: S105 - names, no value
    r"|webhook|connection_?string"
)
_SECRET_NAME = re.compile(rf"(?i){_SECRET}|airflow_conn_|key$|(?:^|_)(?:key|auth|pwd|pw|pat|pass|dsn)(?:$|_)")
_ASSIGNED = re.compile(r"""([A-Za-z_][A-Za-z0-9_]*)=("[^"]*"|'[^']*'|\S+)""")
_VALUE = r"""(?:"[^"]*"|'[^']*'|\S+)"""
_GIVEN = (
    # An option by its name, and the user's of curl behind a colon.
    re.compile(rf"(?i)((?:^|\s)--?[\w-]*(?:{_SECRET})[\w-]*(?:\s+|=)){_VALUE}"),
    re.compile(
        r"""((?:^|\s)(?:-[A-Za-z]*[uU]|--(?:proxy-)?user)[\s=]*["']?[^\s:"']+:)(?:[^"']+(?=["'])|\S+)"""
    ),
    # A header, whatever its name, and what looks like one.
    re.compile(r"""((?:^|\s)(?:-[A-Za-z]*H|--header)[\s=]*["']?[^\s:"']+:\s*)[^"'\s][^"']*"""),
    re.compile(r"(?i)(authorization:\s*\w+\s+)\S+"),
    re.compile(rf"""(?i)([\w-]*(?:{_SECRET})[\w-]*["']?:\s*["']?)[^"'\s]+"""),
    # A netrc file's line, and a program's setting.
    re.compile(rf"(?i)((?:password|passwd)\s+){_VALUE}"),
    re.compile(rf"(?i)(\b(?:set|config)\s+(?:--\S+\s+)*[\w.-]*(?:{_SECRET})[\w.-]*\s+){_VALUE}"),
)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What became of one thing: where it was, its text as it may be shown, and the outcome in a sentence.

    ``line`` counts from 1; 0 where the whole file is meant. ``todo`` where a person has something to do.
    """

    file: str
    line: int
    what: str
    outcome: str
    todo: bool = False


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A requirement as an old repository has it, and where."""

    text: str
    file: str
    line: int


def is_secret(name: str, value: str = "") -> bool:
    """Whether a variable is likely to hold a secret, by its name or by an address with a login."""
    return _SECRET_NAME.search(name) is not None or redacted(value) != value


def shown(text: str) -> str:
    """A text of a Dockerfile on one line, shortened, with *** in the place of what is likely a secret."""
    # First the whole, then the cut: half a secret would look like none.
    line = redacted(" ".join(text.replace("`", "'").split()))
    line = _ASSIGNED.sub(lambda found: f"{found[1]}=***" if is_secret(found[1]) else found[0], line)
    for pattern in _GIVEN:
        line = pattern.sub(r"\1***", line)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
