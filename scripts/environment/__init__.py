"""Settings from environment variables: what is missing is named all at once, and no secret is ever shown."""

from scripts.environment.errors import SetupError
from scripts.environment.postgres import POSTGRES_VARIABLES, PostgresSettings
from scripts.environment.variables import InvalidVariableError, MissingVariablesError, require

__all__ = [
    "POSTGRES_VARIABLES",
    "InvalidVariableError",
    "MissingVariablesError",
    "PostgresSettings",
    "SetupError",
    "require",
]
