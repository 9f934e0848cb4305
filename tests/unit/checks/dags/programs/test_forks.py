"""Jobs in forks: one that dies harms no other."""

import json
import os
import subprocess
import sys
import time
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
    if job == "reads":
        return {"seen": sys.stdin.readline() + os.read(0, 9).decode()}
    if job == "half":
        return {"seen": "\\ud800"}
    return {"seen": seen, "long": "x" * 200_000 if job == "long" else ""}

total_seconds = float(os.environ.get("TOTAL_SECONDS", "inf"))
answers = forks.run(sys.argv[2:], work, 2, workers=int(sys.argv[1]), total_seconds=total_seconds)
for answer in answers.values():
    answer["long"] = len(answer.get("long", ""))
print(json.dumps({"answers": answers, "here": seen}))
"""


NO_ANSWER, FORGED = "its process ended without an answer", "its process wrote something else"
DIED = {
    "exits": NO_ANSWER,
    "killed": "its process was ended by SIGKILL",
    "raises": "SystemExit: no",
    "hangs": "took more than 2 s",
    "leaves it to a child": NO_ANSWER,
    "closes": NO_ANSWER,
    "closes and hangs": "took more than 2 s",
    "is no JSON": "its answer is not JSON: ",
    'forges{"seen": []}': FORGED,
    'forges{"token": "", "answer": {}}': FORGED,
    "forges[]": FORGED,
    "forges5": FORGED,
    "forgesno JSON": FORGED,
    "forges": FORGED,
}
SOUND = ("a", "leaves a child", "forks", "b")


def ran(*jobs: str, workers: int = 2, total_seconds: float = float("inf")) -> Any:  # noqa: ANN401 - JSON
    # In a process of its own: pytest's may have threads, which no fork takes along. It needs no packages.
    command = [sys.executable, "-S", "-c", PROGRAM, str(workers), *jobs]
    env = {**os.environ, "TOTAL_SECONDS": str(total_seconds)}
    done = subprocess.run(
        command, check=True, capture_output=True, input=b"question\n", timeout=30, cwd=FAMILY, env=env
    )
    return json.loads(done.stdout)


def test_answers_come_in_the_order_of_the_jobs_and_no_job_sees_what_another_did() -> None:
    for workers in (0, 1, 5):
        output = ran("c", "a", "b", workers=workers)
        seen = [(job, answer["seen"]) for job, answer in output["answers"].items()]
        assert (seen, output["here"]) == ([("c", ["c"]), ("a", ["a"]), ("b", ["b"])], [])
    assert ran()["answers"] == {}


def test_a_fork_that_breaks_says_why_and_the_others_go_on() -> None:
    answers = ran(*DIED, *SOUND, workers=4)["answers"]
    assert [job for job, reason in DIED.items() if not answers[job]["died"].startswith(reason)] == []
    assert {job: answers[job].get("seen") for job in SOUND} == {job: [job] for job in SOUND}


def test_an_answer_is_whole_and_anyone_can_read_it() -> None:
    answers = ran("long", "half")["answers"]
    assert answers["long"]["long"] == 200_000
    assert answers["half"]["seen"] == "?"


def test_a_question_to_the_program_is_none_to_a_job() -> None:
    assert ran("reads")["answers"]["reads"]["seen"] == ""


def test_a_fork_ends_with_the_program() -> None:
    command = [sys.executable, "-S", "-c", PROGRAM, "1", "hangs"]
    with subprocess.Popen(command, cwd=FAMILY) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not (forked := children.read_text().split()):
            time.sleep(0.01)
        process.kill()
    fork = Path(f"/proc/{forked[0]}/stat")
    end = time.monotonic() + 20
    while fork.exists() and fork.read_text().split()[2] != "Z":  # a zombie has ended
        assert time.monotonic() < end
        time.sleep(0.01)


def test_no_job_is_begun_after_the_time_for_all() -> None:
    answers = ran("a", "b", total_seconds=-1)["answers"]
    late = "not started within -1 s, because others took so long"
    assert [answer["died"] for answer in answers.values()] == [late, late]
