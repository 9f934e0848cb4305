"""Credentials in addresses: of a pyproject.toml, a lock or a message. No message shows them."""

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from typing import cast

from ...errors import ConfigurationError

# A line, and an address in it, behind the end of a word. A password may have any quote and bracket too.
_BEGIN = re.compile(r"\n|(?<![^\s,;=|&(){}\[\]<>'\"`])[A-Za-z][\w+.-]*://")
# The text before a login; clients accept fewer, more and wrong slashes in addresses of the web.
_OPENING = re.compile(r"(?:(?<=http)|(?<=https)):[/\\]+|://", re.IGNORECASE)
_WORD = re.compile(r"\S*")
_AUTHORITY = re.compile(r"[^\s/?#]*")
_ADDRESS = re.compile(r"\w+://\S+")
_VALUE = re.compile(r"(?:[^:/]*@)?\s*[A-Za-z][\w+.-]*://")  # an address, or a requirement with one
_HOST = re.compile(r"://(?:\*\*\*@)?([^\s/?#]+)")
_SECRET = re.compile(
    r"(?i)(?<=[?&])([\w-]*(?:token|signature|secret|credential|password|passwd|pwd|jwt)"
    r"|[\w-]*(?:api|access|private|secret)[_-]?key|sig|auth|key)=[^\s&#]*[^\s&#'\"`<>,;)\]}]"
)
# An @ in an address with a host's name behind it, and no slash before it as in npm's scopes.
_BEFORE_A_HOST = re.compile(r"(?<!/)@(?=[A-Za-z\[]|\d+\.\d+\.\d+\.\d)")
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]*\](?::\d*)?")
_SSH_USER = re.compile(r"(?i)(?:^|\s|\+)ssh://[A-Za-z0-9_.-]+@[^\s@]*$")
_TABLES = ("build-system", "dependency-groups", "project")
_REQUIREMENTS = ("project.dependencies", "project.optional-dependencies")
_REMEDY = "give them in a netrc file: dagger call --netrc file://$HOME/.netrc lock"


def redacted(text: str) -> str:
    """Return a text with every user, password and token in its addresses replaced by ***.

    If a login may end at several signs @, the last one in the word counts: a host may be lost, but no
    password is shown. A token in an address's path, as some hosts of packages have, looks like a name
    and stays.
    """
    starts = [0, *(match.start() for match in _BEGIN.finditer(text)), len(text)]
    parts = [_without_logins(text[start:end]) for start, end in pairwise(starts)]
    return _SECRET.sub(r"\1=***", "".join(parts))


def _without_logins(piece: str) -> str:
    """Return a piece of a line redacted: one address at its start at most, and others in the same word."""
    parts: list[str] = []
    done = 0
    if ":" not in piece:
        return piece
    final = piece.rfind("@")
    word = _Word(piece, 0, final)
    for match in _OPENING.finditer(piece):
        start = match.end()
        if start < done:
            continue
        if start >= word.end:
            word = _Word(piece, start, final)
        end = word.login(start)
        if end:
            parts += [piece[done:start], "***@"]
            done = end
    return "".join([*parts, piece[done:]])


class _Word:
    """A word of a piece, and the positions of its signs @, found once: it may have many addresses.

    ``final`` is the position of the last @ in the piece.
    """

    def __init__(self, piece: str, start: int, final: int) -> None:
        self._piece = piece
        self._final = final
        self.end = _end(_WORD, piece, start)
        self._last = piece.rfind("@", start, self.end)
        hosts = _BEFORE_A_HOST.finditer(piece, start, self.end)
        self._before_a_host = max((match.start() for match in hosts), default=-1)

    def login(self, start: int) -> int:
        """Return the position behind the @ of the login that starts here; 0 if there is none."""
        end = _end(_AUTHORITY, self._piece, start)
        authority = self._piece[start:end]
        if "@" in authority:
            return self._last + 1
        host, colon, port = authority.rpartition(":")
        if not colon or _IPV6.fullmatch(authority):
            return 0
        if ":" in host or (port and not port.isdecimal()):  # a slash or blank in a password, not encoded
            bare = port.rstrip("'\"`.,;:)]}>")
            last = self._final if end == self.end and bare and not bare.isdecimal() else self._last
            return last + 1 if last >= end else 0
        # "user:123/45@host" and "host:123/a@b" look alike: the first has no name of a host at its start.
        is_host = "." in host or host == "localhost"
        return 0 if is_host or self._before_a_host < end else self._last + 1


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def problems(file: str, document: dict[str, object]) -> list[str]:
    """Return a sentence for each login in an address of a pyproject.toml's requirements and [tool.uv]."""
    tools = document.get("tool")
    uv = cast("dict[str, object]", tools).get("uv") if isinstance(tools, dict) else None
    texts = [(key, text) for table in _TABLES for key, text in _texts(table, document.get(table))]
    return [
        f"{file}: {key}: the address has credentials: remove them, and {_REMEDY}"
        for key, text in [*texts, *_texts("tool.uv", uv)]
        if _is_hiding(text if _is_prose(key) else _closed(text)) and not _SSH_USER.search(text)
    ]


def refuse_in_lock(file: str, text: str, what: str = "isn't written") -> None:
    """Raise ConfigurationError if an address in a lock has credentials: a lock is committed.

    ``what`` is the beginning of the message.
    """
    values = {_closed(value) for value in _values(text) if not _SSH_USER.search(value)}
    hosts = {_host(value) for value in values if _is_hiding(value)}
    if hosts:
        raise ConfigurationError(
            [
                f"{file}: {what}: {host} serves files at addresses with credentials, but a lock is "
                "committed: let the index give plain addresses, with a login by netrc"
                for host in sorted(hosts)
            ]
        )


def _is_hiding(text: str) -> bool:
    return redacted(text) != text


def _is_prose(key: str) -> bool:
    """Return whether a key's text may be a sentence with an address in it."""
    return key.startswith("project.") and not key.startswith(_REQUIREMENTS)


def _closed(value: str) -> str:
    """Return a value without blanks if it is an address: a blank in a password doesn't end it."""
    return re.sub(r"\s", "_", value) if _VALUE.match(value) else value


def _values(lock: str) -> list[str]:
    try:
        return [text for _, text in _texts("", tomllib.loads(lock))]
    except tomllib.TOMLDecodeError:
        return _ADDRESS.findall(lock)


def _host(address: str) -> str:
    """Return the host of an address, unless it might be a part of a password."""
    match = _HOST.search(redacted(address))
    return match[1] if match and address.count("@") <= 1 else "an index"


def _texts(key: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield every text below a key, with the path of keys to it."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[object]", value)):
            yield from _texts(f"{key}[{index}]", item)
    elif isinstance(value, dict):
        for name, item in cast("dict[str, object]", value).items():
            # A key may be an address itself.
            yield from _texts(f"{key}.{redacted(name)}", item)
            if redacted(name) != name:
                yield f"{key}.{redacted(name)}", name
