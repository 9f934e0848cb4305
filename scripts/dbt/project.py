"""Runs one dbt command on a project whose folder may be read-only, and says plainly what failed."""

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from scripts.environment import PostgresSettings, SetupError

logger = logging.getLogger(__name__)

Command = Literal["seed", "run", "test"]

SUCCESSES = frozenset({"success", "pass", "warn", "no-op", "partial success"})


class DbtError(RuntimeError):
    """A dbt command failed."""


def dbt(command: Command, project: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str | int]:
    """Run `dbt seed`, `dbt run` or `dbt test` on a project; return how many of its nodes were done."""
    PostgresSettings.from_environment(environ)  # dbt itself would name one missing variable at a time
    if not (project / "dbt_project.yml").is_file():
        raise SetupError(
            f"{project} is not a dbt project: expected dbt_project.yml in it. "
            "Check that the image holds the whole folder and not its Python files alone."
        )
    # The image's folder may be read-only, and the user any: dbt writes to a folder of this run alone.
    with tempfile.TemporaryDirectory(prefix="dbt-") as scratch:
        code = _execute(command_line(command, project), scratch_environment(environ, Path(scratch)))
        results = read_results(Path(scratch) / "target" / "run_results.json")
    failed = failures(results)
    if code != 0 or failed:
        raise DbtError(describe(command, code, len(results), failed))
    logger.info("dbt %s: %d nodes done", command, len(results))
    return {"command": command, "nodes": len(results)}


def command_line(command: Command, project: Path) -> list[str]:
    """Compose dbt's command line."""
    executable = Path(sys.executable).with_name("dbt")
    return [str(executable), command, "--project-dir", str(project), "--profiles-dir", str(project)]


def scratch_environment(environ: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """Return the environment in which dbt writes to `scratch` alone and reports to nobody."""
    return {
        **environ,
        "DBT_TARGET_PATH": str(scratch / "target"),
        "DBT_LOG_PATH": str(scratch / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_USE_COLORS": "false",
        "PYTHONUNBUFFERED": "1",
    }


def read_results(file: Path) -> list[dict[str, Any]]:
    """Return the results that dbt wrote of each node; none where dbt stopped before the first."""
    if not file.is_file():
        return []
    return json.loads(file.read_text(encoding="utf-8"))["results"]


def failures(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each node that failed or was skipped."""
    return [
        f"{result['unique_id']}: {result['status']}" + (f", {_one_line(result)}" if result["message"] else "")
        for result in results
        if result["status"] not in SUCCESSES
    ]


def describe(command: Command, code: int, nodes: int, failed: Sequence[str]) -> str:
    """Compose the error of a failed command."""
    if not failed:
        return (
            f"dbt {command} ended with exit code {code}, expected 0, and named no failed node: it could not "
            "read the project or reach the database. Its own words are in the log above."
        )
    listed = "\n".join(failed)
    return (
        f"dbt {command} failed for {len(failed)} of {nodes} nodes; expected none. "
        f"Its own words are in the log above.\n{listed}"
    )


def _execute(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    logger.info("Running %s", " ".join(arguments))
    try:
        process = subprocess.Popen(  # noqa: S603 - the command line is composed above, without a shell
            arguments,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
    except FileNotFoundError as error:
        raise SetupError(
            f"there is no {arguments[0]}: expected dbt beside this Python. "
            "Check that this task runs in the image of the DAG type dbt."
        ) from error
    with process:
        try:
            for line in process.stdout or ():
                logger.info("%s", line.rstrip())
        except BaseException:
            process.terminate()  # a task that is stopped leaves no dbt behind
            raise
    return process.returncode


def _one_line(result: Mapping[str, Any]) -> str:
    return " ".join(str(result["message"]).split())
