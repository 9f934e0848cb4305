"""Work in forks: each answers for itself, and one that dies takes no other with it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

MODULE = Path(__file__).parents[2] / "ci"
PROGRAM = """
import json, os, signal, subprocess, sys, time
from inside import forks

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
    return {"seen": seen, "long": "x" * 200_000 if job == "long" else ""}

found = forks.run(sys.argv[2:], work, 2, workers=int(sys.argv[1]))
for each in found.values():
    each["long"] = len(each.get("long", ""))
print(json.dumps({"found": found, "here": seen}))
"""


def ran(*jobs: str, workers: int = 2) -> Any:  # noqa: ANN401 - JSON
    # In a process of its own: pytest's may have threads, which no fork takes along.
    command = [sys.executable, "-c", PROGRAM, str(workers), *jobs]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30, cwd=MODULE)
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


def test_nothing_to_do_is_nothing_done() -> None:
    assert ran()["found"] == {}
