"""Run a DAG, or one of its tasks, with the Airflow of the image this runs in, and tell what came of it.

    python -B -m programs.run JOB.json ENV-FILE RESULT.json

JOB.json: {"command": ["/entrypoint", "airflow", "dags", "test", …], "dag", "task", "seconds", "folder": where
to run it, "reserved": names that ENV-FILE may not set, "defaults", "fixed": variables}. The run gets the
image's variables, those of ENV-FILE (which may be missing) in the place of them, the defaults where neither
says anything, and the fixed ones whatever they say. RESULT.json: {"problems": ["--env-file: line 3 …"]} where
nothing could be run, else {"status": exit code or null, "late": whether it took too long, "tail": the last
lines of the log, "run": state, "tasks": [{"id", "map_index", "state"}, …], "dags": {id: [task, …]}, "broken":
{file: why}}; those from "run" on are missing where the database is gone.

All that Airflow says is on standard output as it says it. There and in RESULT.json the file's values are
replaced by ***, but for the states, and the DAG and the task that were asked for: they are no secrets.
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
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from .env_file import MalformedError, parse
from .metadata import URL, Connection, admit, came_of, connect

SECRET_LENGTH = 5  # as Airflow's own [logging] min_length_masked_secret: "true" and "5432" are no secrets
SECONDS = 60  # that the database may take to answer
TAIL = 60  # lines
GRACE = 10  # seconds from the wish to end until the end

Json = dict[str, Any]


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
    file = Path(env_file)
    try:
        given = parse(file.read_bytes(), job["reserved"]) if file.is_file() else {}
    except MalformedError as error:
        result, status = _problems(f"--env-file: {problem}" for problem in error.problems)
    else:
        result, status = _ran(job, given)
    Path(result_file).write_text(json.dumps(result, sort_keys=True), encoding="utf-8")
    return status


def _problems(texts: Iterable[str]) -> tuple[Json, int]:
    return {"problems": list(texts)}, 2


def _ran(job: Json, given: Mapping[str, str]) -> tuple[Json, int]:
    # What is set for every run is public.
    pattern = mask_of([value for value in given.values() if value not in job["defaults"].values()])

    def hidden(text: str) -> str:
        return masked(text.encode(errors="replace"), pattern).decode(errors="replace")

    def said(error: Exception) -> str:
        return " ".join(hidden(f"{type(error).__name__}: {error}").split())

    output = Output(pattern, sys.stdout.buffer)
    env = environment(job, given)
    # Any error: what it says may hold a value, and a traceback would show it.
    try:
        connection = connect(job["fixed"][URL], SECONDS)
        if refusal := _refusal(connection, env, job["defaults"]["POSTGRES_HOST"]):
            names = "POSTGRES_USER or POSTGRES_DATABASE can't be made in the run's own server"
            return _problems([f"{names}: {said(refusal)}: choose other names, or set POSTGRES_HOST"])
        status = run(job["command"], env, job["folder"], job["seconds"], output)
    except Exception as error:  # noqa: BLE001
        return _problems([f"the run can't be started: {said(error)}"])
    result: Json = {"status": status, "late": status is None, "tail": [hidden(line) for line in output.tail]}
    try:
        found = came_of(connection, job["dag"], job["task"])
    except Exception as error:  # noqa: BLE001
        result["tail"].append(f"what came of the run can't be read: {said(error)}")
    else:
        # Who asked for them knows them; and hidden they would not be found again.
        asked = (job["dag"], job["task"])
        result |= shown(found, lambda text: text if text in asked else hidden(text))
    return result, 124 if status is None else status


def _refusal(connection: Connection, env: Mapping[str, str], own: str) -> Exception | None:
    """Why the server of the run's own doesn't take the user and the database, where the run uses it."""
    try:
        if env["POSTGRES_HOST"] == own:
            admit(connection, env["POSTGRES_USER"], env["POSTGRES_DATABASE"])
    except Exception as error:  # noqa: BLE001 - as above
        return error
    return None


def shown(found: Json, hidden: Callable[[str], str]) -> Json:
    """What came of a run, with each text that DAG files have a part in passed through a function."""
    return {
        "run": found["run"],
        "tasks": [{**each, "id": hidden(each["id"])} for each in found["tasks"]],
        "dags": {hidden(name): [hidden(task) for task in tasks] for name, tasks in found["dags"].items()},
        "broken": {hidden(file): hidden(why) for file, why in found["broken"].items()},
    }


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # a thread may still wait for what the run left behind
