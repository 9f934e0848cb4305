"""Credentials where none may be: in the addresses of a pyproject.toml or a lock. None is ever shown."""

import re
from collections.abc import Iterator
from typing import cast

from ..errors import ConfigurationError

_ADDRESS = re.compile(r"(?<=://)[^\s'\"<>]+")
_WITH_SCHEME = re.compile(r"\w+://[^\s'\"]+")
_HOST = re.compile(r"://(?:\*\*\*@)?([^\s/?#]+)")
_SECRET = re.compile(
    r"(?i)(?<=[?&])([\w-]*(?:token|signature|secret|credential|password|passwd|pwd|jwt)"
    r"|[\w-]*(?:api|access|private|secret)[_-]?key|sig|auth|key)=[^\s&#'\"]+"
)
# An @ in an address that has a host's name behind it, and no slash before, as npm's scopes have.
_BEFORE_A_HOST = re.compile(r"(?<!/)@(?=[A-Za-z\[]|\d+\.\d+\.\d+\.\d)")
_SSH_USER = re.compile(r"(?i)(?:^|\s|\+)ssh://[A-Za-z0-9_.-]+@[^\s@]*$")
_TABLES = ("build-system", "dependency-groups", "project")
_REMEDY = "give them in a netrc file: dagger call --netrc file://$HOME/.netrc lock"


def redacted(text: str) -> str:
    """A text with every user, password and token in its addresses replaced by ***.

    A token that is a part of an address's path, as some hosts of packages give them, looks like any other
    name and stays.
    """
    parts: list[str] = []
    done = 0
    while found := _ADDRESS.search(text, done):
        parts.append(text[done : found.start()])
        login = _login(found[0])
        parts.append("***@" if login else "")
        done = found.start() + login
        if not login:  # another address may begin further on in the same word
            done = found.start() + 1
            parts.append(text[found.start()])
    return _SECRET.sub(r"\1=***", "".join([*parts, text[done:]]))


def _login(address: str) -> int:
    """How long user and password are, with their @, at the start of what follows on ://."""
    authority = re.match(r"[^/?#]*", address)
    end = authority.end() if authority else 0
    inside = address.rfind("@", 0, end)
    if inside >= 0:
        return inside + 1
    host, colon, port = address[:end].rpartition(":")
    last = address.rfind("@")
    if not colon or last < 0 or address.startswith("["):
        return 0
    if port and not port.isdecimal():  # a slash in a password should have been encoded
        return last + 1
    # "user:123/45@host" and "host:123/a@b" look alike: the first has no name of a host at its start.
    is_host = "." in host or host == "localhost"
    return 0 if is_host or not _BEFORE_A_HOST.search(address, end) else last + 1


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
        if redacted(text) != text and not _SSH_USER.search(text)
    ]


def refuse_in_lock(file: str, text: str, what: str = "isn't written") -> None:
    """Raise ConfigurationError where an address in a lock holds credentials: a lock is committed.

    Args:
        file: its path, as messages show it.
        text: what it says.
        what: the beginning of the message.
    """
    shown = {found[0]: redacted(found[0]) for found in _WITH_SCHEME.finditer(text)}
    hosts = {host[1] for address, each in shown.items() if each != address and (host := _HOST.search(each))}
    if hosts:
        raise ConfigurationError(
            [
                f"{file}: {what}: {host} serves files at addresses that hold credentials, and a lock "
                "is committed: have the index give plain addresses, behind a login by netrc"
                for host in sorted(hosts)
            ]
        )


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
