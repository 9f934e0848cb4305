"""Where the PostgreSQL database is, as the POSTGRES_* variables tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from scripts.environment.variables import InvalidVariableError, require

POSTGRES_VARIABLES = ("POSTGRES_HOST", "POSTGRES_DATABASE", "POSTGRES_USER", "POSTGRES_PASSWORD")
"""The required variables; POSTGRES_PORT is optional."""

DEFAULT_PORT = "5432"


@dataclass(frozen=True, kw_only=True)
class PostgresSettings:
    """One database and the user who loads it."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read the POSTGRES_* variables."""
        require(POSTGRES_VARIABLES, environ)
        return cls(
            host=environ["POSTGRES_HOST"],
            port=_port(environ.get("POSTGRES_PORT") or DEFAULT_PORT),
            database=environ["POSTGRES_DATABASE"],
            user=environ["POSTGRES_USER"],
            password=environ["POSTGRES_PASSWORD"],
        )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**16):
        raise InvalidVariableError(
            f"POSTGRES_PORT is {text!r}: expected a port number from 1 to 65535. "
            "In Kubernetes a service named 'postgres' sets this variable to an address such as "
            "'tcp://10.0.0.1:5432': set POSTGRES_PORT explicitly or leave service links off."
        )
    return int(text)
