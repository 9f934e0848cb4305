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

total_seconds = float(os.environ.get("TOTAL_SECONDS", "inf"))
answers = forks.run(sys.argv[2:], work, 2, workers=int(sys.argv[1]), total_seconds=total_seconds)
for answer in answers.values():
    answer["long"] = len(answer.get("long", ""))
print(json.dumps({"answers": answers, "here": seen}))
"""


def ran(*jobs: str, workers: int = 2, total_seconds: float = float("inf")) -> Any:  # noqa: ANN401 - JSON
    # In a process of its own: pytest's may have threads, which no fork takes along. It needs no packages.
    command = [sys.executable, "-S", "-c", PROGRAM, str(workers), *jobs]
    env = {**os.environ, "TOTAL_SECONDS": str(total_seconds)}
    done = subprocess.run(command, check=True, capture_output=True, timeout=30, cwd=FAMILY, env=env)
    return json.loads(done.stdout)


def test_no_job_sees_what_another_did() -> None:
    output = ran("a", "b", "c")
    assert {job: answer["seen"] for job, answer in output["answers"].items()} == {
        "a": ["a"],
        "b": ["b"],
        "c": ["c"],
    }
    assert output["here"] == []


def test_answers_come_in_the_order_of_the_jobs_whatever_is_done_at_once() -> None:
    for workers in (0, 1, 5):
        assert list(ran("c", "a", "b", workers=workers)["answers"]) == ["c", "a", "b"]


def test_a_long_answer_is_whole() -> None:
    assert ran("long")["answers"]["long"]["long"] == 200_000


def test_a_fork_that_dies_says_why_and_the_others_go_on() -> None:
    answers = ran("exits", "killed", "raises", "a")["answers"]
    assert [answers[job].get("died", "") for job in ("exits", "killed", "raises", "a")] == [
        "its process ended without an answer",
        "its process was ended by SIGKILL",
        "SystemExit: no",
        "",
    ]


def test_a_fork_that_hangs_is_ended_with_all_it_started() -> None:
    answers = ran("hangs", "leaves a child", "a")["answers"]
    assert answers["hangs"]["died"] == "took more than 2 s"
    assert answers["leaves a child"]["seen"] == ["leaves a child"]


def test_what_a_file_writes_into_the_pipe_is_no_answer() -> None:
    forged = ('{"seen": []}', '{"token": "", "answer": {}}', "[]", "5", "no JSON", "")
    answers = ran(*(f"forges{each}" for each in forged), "a")["answers"]
    died = [answers[f"forges{each}"]["died"] for each in forged]
    assert [each for each in died if not each.startswith("its process wrote something else")] == []
    assert answers["a"]["seen"] == ["a"]


def test_a_file_that_forks_is_answered_for_by_its_own_process_alone() -> None:
    answers = ran("forks", "leaves it to a child")["answers"]
    assert answers["forks"]["seen"] == ["forks"]
    assert answers["leaves it to a child"]["died"] == "its process ended without an answer"


def test_a_file_that_closes_the_pipe_has_died_and_makes_no_other_one_late() -> None:
    answers = ran("closes", "closes and hangs", "a", "b", workers=4)["answers"]
    assert [answers[job].get("died", "") for job in ("closes", "closes and hangs", "a", "b")] == [
        "its process ended without an answer",
        "took more than 2 s",
        "",
        "",
    ]


def test_an_answer_is_json_that_anyone_can_read() -> None:
    answers = ran("is no JSON", "half")["answers"]
    assert answers["is no JSON"]["died"].startswith("its answer is not JSON: ")
    assert answers["half"]["seen"] == "?"


def test_no_job_is_begun_after_the_time_for_all() -> None:
    answers = ran("a", "b", total_seconds=-1)["answers"]
    assert {answer["died"] for answer in answers.values()} == {
        "not started within -1 s, because others took so long"
    }


def test_nothing_to_do_is_nothing_done() -> None:
    assert ran()["answers"] == {}
