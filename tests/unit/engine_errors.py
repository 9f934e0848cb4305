"""Errors of the engine, as its client gives them."""

import dagger
import gql
from dagger._exceptions import QueryErrorValue

_QUERY = gql.gql("{ __typename }")


def query_error(message: str) -> dagger.QueryError:
    """Return the error of a query, such as that of an image that can't be pulled."""
    return dagger.QueryError([QueryErrorValue(message=message)], _QUERY)


def exec_error(stderr: str, stdout: str = "", code: int = 1) -> dagger.ExecError:
    """Return the error of a command that failed with these last words."""
    told: dict[str, object] = {"_type": "EXEC_ERROR", "cmd": [], "exitCode": code}
    told |= {"stdout": stdout, "stderr": stderr}
    message = f"exit code: {code} [traceparent:8afaa127769e44f498ceaeca05cf7013-f0ca7b2f959f1810]"
    return dagger.ExecError([QueryErrorValue(message=message, extensions=told)], _QUERY)
