"""Reading of environment variables, with errors that a person can act on."""

from collections.abc import Iterable, Mapping

from scripts.environment.errors import SetupError


class MissingVariablesError(SetupError):
    """Required environment variables are unset or empty."""


class InvalidVariableError(SetupError):
    """An environment variable holds a value that cannot be used."""


def require(names: Iterable[str], environ: Mapping[str, str]) -> None:
    """Fail with one error that names every variable of `names` that is unset or empty."""
    missing = [name for name in names if not environ.get(name, "").strip()]
    if missing:
        raise MissingVariablesError(
            f"missing environment variables: {', '.join(missing)}. "
            "Expected each to be set and not empty: set them on the worker, "
            "for example from a Kubernetes secret in the pod_override of this DAG."
        )
