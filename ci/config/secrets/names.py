"""Recognition of texts that may hold a secret, mostly by the names in them.

A text that only may hold one is neither carried over nor quoted: a false alarm costs a look at its line.
"""

import re

from . import patterns
from .urls import redacted

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_WORD = re.compile(
    r"(?i).*(?:passw(?:or)?d|passphrase|credential|fernet|webhook|bearer).*"
    r"|.*(?:token|secret|pwd)s?|(?:access|account|api|master|private|secret|shared|ssh|storage)?keys?"
    r"|auth|authorization|conn|creds?|dsn|jwt|login|pat|pw|sas"
    r"|(?:admin|db|ftp|ldap|mail|my|mysql|pg|root|smtp|sql|ssh|user)?pass"
)
# The user and password of curl, and long words of mixed letters and digits, as tokens are; no digest.
_LOGIN = re.compile(r"(?:^|\s)(?:-u|--user|--proxy-user)[\s=]?\S+:\S")
_OPAQUE = re.compile(
    r"(?<![\w-])(?<!sha256:)(?:(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{20,}|[0-9A-Fa-f]{32,}(?!\w))"
)


def is_secret_name(name: str) -> bool:
    """Return whether a variable of that name is likely to hold a secret."""
    return any(_SECRET_WORD.fullmatch(word) for word in _WORD.findall(name))


def may_hold_secret(text: str) -> bool:
    """Return whether a text may hold a secret: by a name in it, a login, or what looks like a token."""
    return (
        is_secret_name(text)
        or redacted(text) != text
        or _LOGIN.search(text) is not None
        or _OPAQUE.search(text) is not None
        or patterns.kind("", text.encode("utf-8", "replace")) != ""
    )
