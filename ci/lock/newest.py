"""The newest release of a series of Airflow in the package index."""

import dagger

from ..errors import ConfigurationError, Fault
from ..tools import containers, failures
from ..tools.engine import retrying


async def release(series: str, exclude_newer: str, netrc: dagger.Secret | None) -> str:
    """Return the version of the newest release of a series such as "3.2"; no file after a date counts."""
    command = [containers.UV, "pip", "compile", "-", "--no-deps", "--no-header", "--no-annotate", "--quiet"]
    command += ["--exclude-newer", exclude_newer] if exclude_newer else []
    tools = containers.with_netrc(containers.with_uv(containers.tool_container()), netrc)
    resolved = containers.uncached(tools).with_exec(command, stdin=f"apache-airflow=={series}.*\n")
    try:
        return (await retrying(resolved.stdout)).strip().partition("==")[2]
    except dagger.QueryError as error:
        raise refusal(series, exclude_newer, error) from None


def refusal(series: str, exclude_newer: str, error: dagger.QueryError) -> Fault:
    """Return the reason that uv names no release of a series."""
    if isinstance(error, dagger.ExecError) and "no solution found" in error.stderr.lower():
        date = f" up to {exclude_newer}" if exclude_newer else ""
        problem = f"--airflow {series}.x: the package index has no such release{date}: choose another version"
        return ConfigurationError([problem])
    return failures.step_error(f"--airflow {series}.x: could not look up its newest release", error)
