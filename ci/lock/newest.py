"""The newest release of a series of Airflow, by what the package index has now."""

import dagger

from ..errors import ConfigurationError, Fault
from ..tools import containers, failures
from ..tools.engine import retrying


async def release(of: str, exclude_newer: str, netrc: dagger.Secret | None) -> str:
    """The version of the newest release of a series such as "3.2".

    Args:
        of: the series.
        exclude_newer: the day or time beyond which no file counts; empty: all count.
        netrc: logins for package indexes, as a netrc file.

    Raises:
        ConfigurationError: there is no release of it.
        StepError: the package index can't be asked.
    """
    command = [containers.UV, "pip", "compile", "-", "--no-deps", "--no-header", "--no-annotate", "--quiet"]
    command += ["--exclude-newer", exclude_newer] if exclude_newer else []
    tools = containers.with_netrc(containers.with_uv(containers.tool_container()), netrc)
    found = containers.uncached(tools).with_exec(command, stdin=f"apache-airflow=={of}.*\n")
    try:
        return (await retrying(found.stdout)).strip().partition("==")[2]
    except dagger.QueryError as error:
        raise refusal(of, exclude_newer, error) from None


def refusal(of: str, exclude_newer: str, error: dagger.QueryError) -> Fault:
    """Return why uv names no release of a series: there is none, or the package index can't be asked."""
    if isinstance(error, dagger.ExecError) and "no solution found" in error.stderr.lower():
        day = f" up to {exclude_newer}" if exclude_newer else ""
        told = f"--airflow {of}.x: the package index has no release of it{day}: name one that there is"
        return ConfigurationError([told])
    return failures.step_error(f"--airflow {of}.x: its newest release can't be asked for", error)
