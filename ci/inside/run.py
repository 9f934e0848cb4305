"""Run a DAG, or one of its tasks, with the Airflow of the image this runs in, and tell what came of it.

    python -B -m inside.run JOB.json ENV-FILE RESULT.json

JOB.json: {"command": ["/entrypoint", "airflow", "dags", "test", …], "dag", "task", "seconds", "folder": where
to run it, "reserved": names that ENV-FILE may not set, "defaults", "fixed": variables}. The run gets the
image's variables, those of ENV-FILE (which may be missing) in the place of them, the defaults where neither
says anything, and the fixed ones whatever they say. RESULT.json: {"problems": ["line 3 …"]} where ENV-FILE
can't be used, else {"status": exit code or null, "late": whether it took too long, "tail": the last lines of
the log, "run": state, "tasks": [{"id", "map_index", "state"}, …], "dags": {id: [task, …]}, "broken": {file:
why}}.

All that Airflow says is on standard output as it says it, with the file's values replaced by ***.
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
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from .env_file import MalformedError, parse
from .metadata import URL, admit, came_of, connect

SECRET_LENGTH = 5  # as Airflow's own [logging] min_length_masked_secret: "true" and "5432" are no secrets
SECONDS = 60  # that the database may take to answer
TAIL = 60  # lines
GRACE = 10  # seconds from the wish to end until the end


def masked(line: bytes, pattern: re.Pattern[bytes] | None) -> bytes:
    """The line with every secret in it replaced."""
    return pattern.sub(b"***", line) if pattern else line


def mask_of(values: list[str]) -> re.Pattern[bytes] | None:
    """A pattern that finds the values, as they are and as JSON, repr() and URLs write them."""
    forms: set[str] = set()
    for value in values:
        for part in (value, *value.splitlines()):
            if len(part) >= SECRET_LENGTH:
                forms |= {part, json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1]}
                forms |= {repr(part)[1:-1], urllib.parse.quote(part, safe=""), urllib.parse.quote_plus(part)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile(b"|".join(re.escape(form.encode()) for form in longest_first)) if forms else None


def environment(job: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """The variables of the run: what is set for it, the file's, the image's, and what they leave open."""
    return {**job["defaults"], **os.environ, **given, "PYTHONUNBUFFERED": "1", **job["fixed"]}


class Output:
    """What a command says, passed on line by line; the last lines are kept."""

    def __init__(self, pattern: re.Pattern[bytes] | None, target: IO[bytes]) -> None:
        """Set what is masked, and where to write."""
        self._pattern = pattern
        self._target = target
        self.tail: deque[str] = deque(maxlen=TAIL)

    def copy(self, stream: IO[bytes]) -> None:
        """Pass on all of a stream, and close it."""
        with stream:
            for line in iter(stream.readline, b""):
                shown = masked(line, self._pattern)
                self._target.write(shown)
                self._target.flush()
                text = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode(errors="replace")).rstrip()
                if text:
                    self.tail.append(text)


def run(
    command: list[str], env: Mapping[str, str], folder: str, seconds: float, output: Output
) -> int | None:
    """Run a command in a folder; its exit code as a shell tells it, None where it took too long."""
    child = subprocess.Popen(  # noqa: S603 - the job's command
        command,
        env=dict(env),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    # A thread that doesn't keep this program alive: what the command left behind may hold the pipe open.
    reader = threading.Thread(target=output.copy, args=(child.stdout,), daemon=True)
    reader.start()
    late = False
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        late = True
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    reader.join(GRACE)
    if late:
        return None
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def main(job_file: str, env_file: str, result_file: str) -> int:
    """Run, and write the result; gives the exit code of the run, 124 where it took too long."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    result: dict[str, Any] = {}
    try:
        file = Path(env_file)
        given = parse(file.read_bytes(), job["reserved"]) if file.is_file() else {}
    except MalformedError as error:
        result["problems"] = error.problems
        status = 2
    else:
        result, status = _ran(job, given)
    Path(result_file).write_text(json.dumps(result, sort_keys=True), encoding="utf-8")
    return status


def _ran(job: dict[str, Any], given: dict[str, str]) -> tuple[dict[str, Any], int]:
    env = environment(job, given)
    connection = connect(job["fixed"][URL], SECONDS)
    if env["POSTGRES_HOST"] == job["defaults"]["POSTGRES_HOST"]:
        admit(connection, env["POSTGRES_USER"], env["POSTGRES_DATABASE"])
    # What is set for every run is public.
    secrets = [value for value in given.values() if value not in job["defaults"].values()]
    output = Output(mask_of(secrets), sys.stdout.buffer)
    status = run(job["command"], env, job["folder"], job["seconds"], output)
    result = {
        "status": status,
        "late": status is None,
        "tail": list(output.tail),
        **came_of(connection, job["dag"], job["task"]),
    }
    return result, 124 if status is None else status


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # a thread may still wait for what the run left behind
