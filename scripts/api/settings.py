"""Where the API is, as the API_* variables tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from scripts.environment import InvalidVariableError, require

API_VARIABLES = ("API_BASE_URL",)
"""The required variables; API_TOKEN is optional."""


@dataclass(frozen=True, kw_only=True)
class ApiSettings:
    """One API and, where it asks for one, the token."""

    base_url: str
    token: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read the API_* variables."""
        require(API_VARIABLES, environ)
        return cls(base_url=_base_url(environ["API_BASE_URL"]), token=environ.get("API_TOKEN") or None)


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise InvalidVariableError(
            # The value stays unshown: such an address can hold a password.
            "API_BASE_URL is not usable: expected scheme, host and perhaps a path, without user, password or "
            "query, for example https://api.example.com/v1. A token goes into API_TOKEN."
        )
    return text.rstrip("/")
