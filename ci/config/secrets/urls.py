"""Credentials where none may be: in the addresses of a pyproject.toml or a lock. None is ever shown."""

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from typing import cast

from ...errors import ConfigurationError

# A line, and on it an address: behind what ends a word. Any quote and bracket may stand in a password, too.
_BEGIN = re.compile(r"\n|(?<![^\s,;=|&(){}\[\]<>'\"`])[A-Za-z][\w+.-]*://")
# What stands before a login; in the web's addresses clients take fewer and more slashes, and wrong ones.
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
# An @ in an address that has a host's name behind it, and no slash before, as npm's scopes have.
_BEFORE_A_HOST = re.compile(r"(?<!/)@(?=[A-Za-z\[]|\d+\.\d+\.\d+\.\d)")
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]*\](?::\d*)?")
_SSH_USER = re.compile(r"(?i)(?:^|\s|\+)ssh://[A-Za-z0-9_.-]+@[^\s@]*$")
_TABLES = ("build-system", "dependency-groups", "project")
_REQUIREMENTS = ("project.dependencies", "project.optional-dependencies")
_REMEDY = "give them in a netrc file: dagger call --netrc file://$HOME/.netrc lock"


def redacted(text: str) -> str:
    """A text with every user, password and token in its addresses replaced by ***.

    Where a login may end at one sign @ or at another, the last one in the word counts: a host may be lost,
    a password isn't shown. A token that is a part of an address's path, as some hosts of packages give them,
    looks like any other name and stays.
    """
    starts = [0, *(found.start() for found in _BEGIN.finditer(text)), len(text)]
    parts = [_without_logins(text[start:end]) for start, end in pairwise(starts)]
    return _SECRET.sub(r"\1=***", "".join(parts))


def _without_logins(piece: str) -> str:
    """A piece of a line, with at most one address at its start and others in the same word."""
    parts: list[str] = []
    done = 0
    if ":" not in piece:
        return piece
    final = piece.rfind("@")
    word = _Word(piece, 0, final)
    for found in _OPENING.finditer(piece):
        start = found.end()
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
    """A word of a piece, and where its signs @ are; looked for once, for it may hold many addresses.

    ``final`` is where the piece has its last one.
    """

    def __init__(self, piece: str, start: int, final: int) -> None:
        self._piece = piece
        self._final = final
        self.end = _end(_WORD, piece, start)
        self._last = piece.rfind("@", start, self.end)
        hosts = _BEFORE_A_HOST.finditer(piece, start, self.end)
        self._before_a_host = max((found.start() for found in hosts), default=-1)

    def login(self, start: int) -> int:
        """Where the login that starts there ends, behind its @; 0 where there is none."""
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
    found = pattern.match(text, start)
    return found.end() if found else start


def problems(file: str, document: dict[str, object]) -> list[str]:
    """A sentence for each address with credentials among a pyproject.toml's requirements and in [tool.uv].

    Args:
        file: its path, as messages show it.
        document: what it says.
    """
    tools = document.get("tool")
    uv = cast("dict[str, object]", tools).get("uv") if isinstance(tools, dict) else None
    texts = [(key, text) for table in _TABLES for key, text in _texts(table, document.get(table))]
    return [
        f"{file}: {key}: the address holds credentials: take them out, and {_REMEDY}"
        for key, text in [*texts, *_texts("tool.uv", uv)]
        if _is_hiding(text if _is_prose(key) else _closed(text)) and not _SSH_USER.search(text)
    ]


def refuse_in_lock(file: str, text: str, what: str = "isn't written") -> None:
    """Raise ConfigurationError where an address in a lock holds credentials: a lock is committed.

    Args:
        file: its path, as messages show it.
        text: what it says.
        what: the beginning of the message.
    """
    values = {_closed(value) for value in _values(text) if not _SSH_USER.search(value)}
    hosts = {_host(value) for value in values if _is_hiding(value)}
    if hosts:
        raise ConfigurationError(
            [
                f"{file}: {what}: {host} serves files at addresses that hold credentials, and a lock "
                "is committed: have the index give plain addresses, behind a login by netrc"
                for host in sorted(hosts)
            ]
        )


def _is_hiding(text: str) -> bool:
    return redacted(text) != text


def _is_prose(key: str) -> bool:
    """Whether a key's text may be a sentence with an address in it."""
    return key.startswith("project.") and not key.startswith(_REQUIREMENTS)


def _closed(value: str) -> str:
    """A value that is an address as one word, so that a blank in a password ends nothing."""
    return re.sub(r"\s", "_", value) if _VALUE.match(value) else value


def _values(lock: str) -> list[str]:
    try:
        return [text for _, text in _texts("", tomllib.loads(lock))]
    except tomllib.TOMLDecodeError:
        return _ADDRESS.findall(lock)


def _host(address: str) -> str:
    """The host that serves an address; where it might be a part of a password, none is named."""
    found = _HOST.search(redacted(address))
    return found[1] if found and address.count("@") <= 1 else "an index"


def _texts(key: str, value: object) -> Iterator[tuple[str, str]]:
    """Every text below a key, with the keys that lead to it."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        for index, each in enumerate(cast("list[object]", value)):
            yield from _texts(f"{key}[{index}]", each)
    elif isinstance(value, dict):
        for name, each in cast("dict[str, object]", value).items():
            # A key may be an address itself.
            yield from _texts(f"{key}.{redacted(name)}", each)
            if redacted(name) != name:
                yield f"{key}.{redacted(name)}", name
