"""Credentials where none may be: in the addresses of a pyproject.toml or a lock. None is ever shown."""

import re
from collections.abc import Iterator
from typing import cast

from ..errors import ConfigurationError

# What stands between :// and the host's @, also where a slash in a password should have been encoded.
_LOGIN = r"(?:[^\s'\"<>/?#]*@|[^\s'\"<>/?#@]*:(?!\d*(?:[/?#'\"\s]|$))[^\s'\"<>]*@)"
_USERINFO = re.compile(rf"(?<=://){_LOGIN}")
_HOST = re.compile(rf"\w+://(?:{_LOGIN})?([^\s'\"/?#]+)[^\s'\"]*")
_SECRET = re.compile(
    r"(?i)(?<=[?&])([\w-]*(?:token|signature|secret|credential|password)|sig|auth|key|api[_-]?key)="
    r"[^\s&#'\"]+"
)
_SSH_USER = re.compile(r"(?i)(?:^|\s|\+)ssh://[A-Za-z0-9_.-]+@[^\s@]*$")
_TABLES = ("build-system", "dependency-groups", "project")
_REMEDY = "give them in a netrc file: dagger call --netrc file://$HOME/.netrc lock"


def redacted(text: str) -> str:
    """A text with every user, password and token in its addresses replaced by ***."""
    return _SECRET.sub(r"\1=***", _USERINFO.sub("***@", text))


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


def refuse_in_lock(file: str, text: str) -> None:
    """Raise ConfigurationError where an address in a lock holds credentials: a lock is committed."""
    hosts = {found[1] for found in _HOST.finditer(text) if redacted(found[0]) != found[0]}
    if hosts:
        raise ConfigurationError(
            [
                f"{file}: isn't written: {host} serves files at addresses that hold credentials, and a lock "
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
