"""How to reach and log in to Salesforce, as the SALESFORCE_* variables tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from scripts.environment import InvalidVariableError, require

SALESFORCE_VARIABLES = ("SALESFORCE_USERNAME", "SALESFORCE_PASSWORD", "SALESFORCE_SECURITY_TOKEN")
"""The required variables; SALESFORCE_DOMAIN and SALESFORCE_GATEWAY_URL are optional."""

DEFAULT_DOMAIN = "login"


@dataclass(frozen=True, kw_only=True)
class SalesforceSettings:
    """One Salesforce user, and where that user logs in."""

    username: str
    password: str = field(repr=False)
    security_token: str = field(repr=False)
    domain: str = DEFAULT_DOMAIN
    """The part before `.salesforce.com`: login, test, or a My Domain such as `acme.my`."""
    gateway: str | None = None
    """Where requests go instead of https://*.salesforce.com: an API gateway, or a test's server."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read the SALESFORCE_* variables."""
        require(SALESFORCE_VARIABLES, environ)
        return cls(
            username=environ["SALESFORCE_USERNAME"],
            password=environ["SALESFORCE_PASSWORD"],
            security_token=environ["SALESFORCE_SECURITY_TOKEN"],
            domain=_domain(environ.get("SALESFORCE_DOMAIN") or DEFAULT_DOMAIN),
            gateway=_gateway(environ.get("SALESFORCE_GATEWAY_URL") or None),
        )


def _domain(text: str) -> str:
    # Without this check a domain such as "evil.example/" would carry the password elsewhere.
    labels = text.split(".")
    if all(label and label.replace("-", "").isalnum() and label.isascii() for label in labels):
        if not text.endswith(".salesforce.com"):
            return text
        expected = text.removesuffix(".salesforce.com")
    else:
        expected = "login"
    raise InvalidVariableError(
        f"SALESFORCE_DOMAIN is {text!r}: expected the part before '.salesforce.com' only, "
        f"that is login, test, or your My Domain such as 'acme.my'. Try {expected!r}."
    )


def _gateway(text: str | None) -> str | None:
    if text is None:
        return None
    parts = urlsplit(text)
    only_origin = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not parts.hostname or not only_origin:
        raise InvalidVariableError(
            # The value stays unshown: such an address can hold a password.
            "SALESFORCE_GATEWAY_URL is not usable: expected scheme, host and port only, "
            "for example https://gateway.example.com or, in a test, http://salesforce:8080."
        )
    return f"{parts.scheme}://{parts.netloc}"
