"""Work in forks: each answers for itself, and one that dies takes no other with it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ci.checks.dags.programs import forks

FAMILY = Path(forks.__file__).parents[1]
PROGRAM = """
import json, os, signal, subprocess, sys, time
from programs import forks

seen = []

def work(job):
    print("noise")
    seen.append(job)
    if job == "exits":
        os._exit(3)
    if job == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if job == "raises":
        raise SystemExit("no")
    if job == "hangs":
        subprocess.Popen(["sleep", "60"])
        time.sleep(60)
    if job == "leaves a child":
        subprocess.Popen(["sleep", "60"])
    if job.startswith("forges"):
        for pipe in range(3, 20):
            try:
                os.write(pipe, job[6:].encode() + b"\\n")
            except OSError:
                pass
    if job == "forks":
        os.fork()
    if job == "leaves it to a child" and os.fork():
        os._exit(0)
    if job == "closes":
        os.closerange(3, 100)
    if job == "closes and hangs":
        os.closerange(3, 100)
        time.sleep(60)
    if job == "is no JSON":
        return {"seen": {1, 2}}
    if job == "half":
        return {"seen": "\\ud800"}
    return {"seen": seen, "long": "x" * 200_000 if job == "long" else ""}

together = float(os.environ.get("TOGETHER", "inf"))
found = forks.run(sys.argv[2:], work, 2, workers=int(sys.argv[1]), together=together)
for each in found.values():
    each["long"] = len(each.get("long", ""))
print(json.dumps({"found": found, "here": seen}))
"""


def ran(*jobs: str, workers: int = 2, together: float = float("inf")) -> Any:  # noqa: ANN401 - JSON
    # In a process of its own: pytest's may have threads, which no fork takes along. It needs no packages.
    command = [sys.executable, "-S", "-c", PROGRAM, str(workers), *jobs]
    env = {**os.environ, "TOGETHER": str(together)}
    done = subprocess.run(command, check=True, capture_output=True, timeout=30, cwd=FAMILY, env=env)
    return json.loads(done.stdout)


def test_no_job_sees_what_another_did() -> None:
    told = ran("a", "b", "c")
    assert {job: each["seen"] for job, each in told["found"].items()} == {"a": ["a"], "b": ["b"], "c": ["c"]}
    assert told["here"] == []


def test_answers_come_in_the_order_of_the_jobs_whatever_is_done_at_once() -> None:
    for workers in (0, 1, 5):
        assert list(ran("c", "a", "b", workers=workers)["found"]) == ["c", "a", "b"]


def test_a_long_answer_is_whole() -> None:
    assert ran("long")["found"]["long"]["long"] == 200_000


def test_a_fork_that_dies_says_why_and_the_others_go_on() -> None:
    found = ran("exits", "killed", "raises", "a")["found"]
    assert [found[job].get("died", "") for job in ("exits", "killed", "raises", "a")] == [
        "its process ended without an answer",
        "its process was ended by SIGKILL",
        "SystemExit: no",
        "",
    ]


def test_a_fork_that_hangs_is_ended_with_all_it_started() -> None:
    found = ran("hangs", "leaves a child", "a")["found"]
    assert found["hangs"]["died"] == "took more than 2 s"
    assert found["leaves a child"]["seen"] == ["leaves a child"]


def test_what_a_file_writes_into_the_pipe_is_no_answer() -> None:
    forged = ('{"seen": []}', '{"token": "", "answer": {}}', "[]", "5", "no JSON", "")
    found = ran(*(f"forges{each}" for each in forged), "a")["found"]
    died = [found[f"forges{each}"]["died"] for each in forged]
    assert [each for each in died if not each.startswith("its process wrote something else")] == []
    assert found["a"]["seen"] == ["a"]


def test_a_file_that_forks_is_answered_for_by_its_own_process_alone() -> None:
    found = ran("forks", "leaves it to a child")["found"]
    assert found["forks"]["seen"] == ["forks"]
    assert found["leaves it to a child"]["died"] == "its process ended without an answer"


def test_a_file_that_closes_the_pipe_has_died_and_makes_no_other_one_late() -> None:
    found = ran("closes", "closes and hangs", "a", "b", workers=4)["found"]
    assert [found[job].get("died", "") for job in ("closes", "closes and hangs", "a", "b")] == [
        "its process ended without an answer",
        "took more than 2 s",
        "",
        "",
    ]


def test_an_answer_is_json_that_anyone_can_read() -> None:
    found = ran("is no JSON", "half")["found"]
    assert found["is no JSON"]["died"].startswith("its answer is no JSON: ")
    assert found["half"]["seen"] == "?"


def test_no_job_is_begun_after_the_time_for_all() -> None:
    found = ran("a", "b", together=-1)["found"]
    assert {each["died"] for each in found.values()} == {"not begun within -1 s, for others took so long"}


def test_nothing_to_do_is_nothing_done() -> None:
    assert ran()["found"] == {}
