"""Run a DAG or one of its tasks with the image's Airflow, and write the result.

    python -B -m programs.run JOB.json ENV-FILE RESULT.json

JOB.json: {"command": ["/entrypoint", "airflow", "dags", "test", …], "dag", "task", "seconds", "folder": the
working directory, "database": the URL of Airflow's metadata, "reserved": names that ENV-FILE must not set,
"defaults", "fixed": variables}. A variable is taken from the first that has it: fixed, ENV-FILE (which may be
missing), the image, defaults.
RESULT.json: {"problems": ["--env-file: line 3 …"]} where nothing could be run, otherwise {"status": exit
code, null after a timeout, "tail": the last lines of the log, "run_state", "tasks": [{"id", "map_index",
"state"}, …], "dags": {id: [task, …]}, "import_errors": {file: cause}}; those from "run_state" on are missing
where the database is gone.

Airflow's output is copied to standard output line by line. In it and in RESULT.json, the values of ENV-FILE
are replaced by ***, except in states and in the requested DAG's and task's ids, which are no secrets.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.parse
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from .env_file import MalformedError, parse
from .metadata import Connection, connect, create_user_and_database, read_result

SECRET_LENGTH = 5  # as Airflow's own [logging] min_length_masked_secret: "true" and "5432" are no secrets
SECONDS = 60  # to wait for the database
TAIL = 60  # lines
GRACE = 10  # seconds between SIGTERM and SIGKILL

Json = dict[str, Any]


def masked(line: bytes, pattern: re.Pattern[bytes] | None) -> bytes:
    """Return a line with its secrets replaced."""
    return pattern.sub(b"***", line) if pattern else line


def mask_of(values: list[str]) -> re.Pattern[bytes] | None:
    """Return a pattern for the values, plain and as JSON, repr() and URLs write them."""
    forms: set[str] = set()
    for value in values:
        for part in (value, *value.splitlines()):
            if len(part) >= SECRET_LENGTH:
                forms |= {part, json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1]}
                forms |= {repr(part)[1:-1], urllib.parse.quote(part, safe=""), urllib.parse.quote_plus(part)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile(b"|".join(re.escape(form.encode()) for form in longest_first)) if forms else None


def environment(job: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the run."""
    return {**job["defaults"], **os.environ, **variables, "PYTHONUNBUFFERED": "1", **job["fixed"]}


class Output:
    """A command's output, copied line by line with secrets replaced; the last lines are kept."""

    def __init__(self, pattern: re.Pattern[bytes] | None, target: IO[bytes]) -> None:
        """Set the pattern of secrets, and the target."""
        self._pattern = pattern
        self._target = target
        self.tail: deque[str] = deque(maxlen=TAIL)

    def copy(self, stream: IO[bytes]) -> None:
        """Copy a stream until its end, and close it."""
        with stream:
            for secret_line in iter(stream.readline, b""):
                line = masked(secret_line, self._pattern)
                self._target.write(line)
                self._target.flush()
                text = re.sub(r"\x1b\[[0-9;]*m", "", line.decode(errors="replace")).rstrip()
                if text:
                    self.tail.append(text)


def run(
    command: list[str], env: Mapping[str, str], folder: str, seconds: float, output: Output
) -> int | None:
    """Run a command in a folder, and return its exit code as a shell has it, None after a timeout."""
    child = subprocess.Popen(  # noqa: S603 - the job's command
        command,
        env=dict(env),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    # A daemon: processes that the command leaves behind may keep the pipe open.
    reader = threading.Thread(target=output.copy, args=(child.stdout,), daemon=True)
    reader.start()
    timed_out = False
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        timed_out = True
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    reader.join(GRACE)
    if timed_out:
        return None
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def main(job_file: str, env_file: str, result_file: str) -> int:
    """Run, write the result, and return the exit code of the run, 124 after a timeout."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    file = Path(env_file)
    try:
        variables = parse(file.read_bytes(), job["reserved"]) if file.is_file() else {}
    except MalformedError as error:
        result, status = {"problems": [f"--env-file: {problem}" for problem in error.problems]}, 2
    else:
        result, status = _run_job(job, variables)
    Path(result_file).write_text(json.dumps(result, sort_keys=True), encoding="utf-8")
    return status


def _run_job(job: Json, variables: Mapping[str, str]) -> tuple[Json, int]:
    # The default values are public.
    pattern = mask_of([value for value in variables.values() if value not in job["defaults"].values()])

    def mask(text: str) -> str:
        return masked(text.encode(errors="replace"), pattern).decode(errors="replace")

    def message(error: Exception) -> str:
        return " ".join(mask(f"{type(error).__name__}: {error}").split())

    output = Output(pattern, sys.stdout.buffer)
    env = environment(job, variables)
    # Every error is caught: its text may hold a value, which a traceback would show.
    try:
        connection = connect(job["database"], SECONDS)
        if refusal := _refusal(connection, env, job["defaults"]["POSTGRES_HOST"]):
            problem = "could not create POSTGRES_USER or POSTGRES_DATABASE in the run's own server"
            advice = "choose other names, or set POSTGRES_HOST"
            return {"problems": [f"{problem}: {message(refusal)}: {advice}"]}, 2
        status = run(job["command"], env, job["folder"], job["seconds"], output)
    except Exception as error:  # noqa: BLE001
        return {"problems": [f"could not start the run: {message(error)}"]}, 2
    result: Json = {"status": status, "tail": [mask(line) for line in output.tail]}
    try:
        run_result = read_result(connection, job["dag"], job["task"])
    except Exception as error:  # noqa: BLE001
        result["tail"].append(f"could not read the result of the run: {message(error)}")
    else:
        # The user knows the requested ids, and they are looked up in the result.
        requested = (job["dag"], job["task"])
        result |= masked_result(run_result, lambda text: text if text in requested else mask(text))
    return result, 124 if status is None else status


def _refusal(connection: Connection, env: Mapping[str, str], own: str) -> Exception | None:
    """Return the error with which the run's own server refuses user and database; None if it isn't used."""
    try:
        if env["POSTGRES_HOST"] == own:
            create_user_and_database(connection, env["POSTGRES_USER"], env["POSTGRES_DATABASE"])
    except Exception as error:  # noqa: BLE001 - as above
        return error
    return None


def masked_result(result: Json, mask: Callable[[str], str]) -> Json:
    """Return a result with the texts from DAG files masked."""
    return {
        "run_state": result["run_state"],
        "tasks": [{**task, "id": mask(task["id"])} for task in result["tasks"]],
        "dags": {mask(name): [mask(task) for task in tasks] for name, tasks in result["dags"].items()},
        "import_errors": {mask(file): mask(cause) for file, cause in result["import_errors"].items()},
    }


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # without waiting for processes that the run left behind
