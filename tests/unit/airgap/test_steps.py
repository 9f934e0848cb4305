"""Runs over many steps: order, what is done again, failures, interrupts, and what is said."""

import re
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import pytest

from airgap import commands, steps
from airgap.errors import AirgapError, CommandError, StepError
from airgap.folders import digest_of
from airgap.steps import Step, run


class Trace:
    """Steps that write down when they run."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self.guard = threading.Lock()

    def step(self, name: str, *needs: Step, heavy: bool = False, seconds: float = 0.0) -> Step:
        """Return a step that takes so long and writes its name down."""

        def build(folder: Path, _: TextIO) -> None:
            with self.guard:
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
            time.sleep(seconds)
            (folder / "result").write_text(name)
            with self.guard:
                self.at_once -= 1
                self.made.append(name)

        return Step(name=name, inputs=digest_of(name), build=build, needs=needs, heavy=heavy)


@pytest.fixture(name="trace", autouse=True)
def make_trace(monkeypatch: pytest.MonkeyPatch) -> Trace:
    """Give a trace, on a machine with plenty of disk."""
    monkeypatch.setattr(steps, "_FIRST_TIME", 0)
    return Trace()


def failing(name: str, error: Exception, *needs: Step) -> Step:
    def build(_: Path, log: TextIO) -> None:
        log.write(f"{name} is about to fail\n")
        raise error

    return Step(name=name, inputs=digest_of(name), build=build, needs=needs)


def test_what_is_needed_is_made_before_and_only_once(
    trace: Trace, capsys: pytest.CaptureFixture[str]
) -> None:
    base = trace.step("base")
    tops = [trace.step("left", base), trace.step("right", base)]
    run(tops)
    assert trace.made[0] == "base"
    assert sorted(trace.made) == ["base", "left", "right"]
    # What only finished steps need isn't made again.
    shutil.rmtree(base.result)
    capsys.readouterr()
    run(tops)
    assert capsys.readouterr().err == ""
    assert len(trace.made) == 3


@pytest.mark.parametrize(("heavy", "most"), [(False, 2), (True, 1)])
def test_independent_steps_run_at_the_same_time_unless_heavy(trace: Trace, *, heavy: bool, most: int) -> None:
    run([trace.step(name, heavy=heavy, seconds=0.2) for name in ("one", "two")])
    assert trace.most_at_once == most


def test_the_step_that_most_waits_for_is_started_first(trace: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_AT_ONCE", 1)
    short, toolchain = trace.step("short"), trace.step("toolchain")
    long = replace(trace.step("long", toolchain), seconds=300)
    middle = replace(trace.step("middle"), seconds=100)
    run([short, middle, long])
    assert trace.made == ["toolchain", "long", "middle", "short"]


def test_progress_names_step_count_and_time_and_signs_of_life(
    trace: Trace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run([trace.step("base", seconds=0.01), trace.step("other")])
    lines = capsys.readouterr().err.splitlines()
    assert "airgap: [1/2] base …" in lines
    assert any(re.fullmatch(r"airgap: \[2/2\] other done in \d+s", line) for line in lines)
    monkeypatch.setattr(steps, "_HEARTBEAT", 0.02)
    run([trace.step("long", seconds=0.2)])
    assert capsys.readouterr().err.count("airgap: [1/1] long … 0s") > 1


def test_all_failures_are_reported_with_their_logs_and_the_rest_is_made(trace: Trace) -> None:
    bad, worse = failing("bad", AirgapError("no wheel for uv")), failing("worse", ValueError("oops"))
    dependent = failing("dependent", RuntimeError("never run"), bad)
    good = trace.step("good")
    with pytest.raises(StepError) as caught:
        run([bad, worse, dependent, good])
    text = str(caught.value)
    assert text.startswith("2 steps failed:")
    assert "bad: no wheel for uv" in text
    assert "worse: ValueError: oops" in text
    assert f"log: {bad.log}" in text
    assert "| worse is about to fail" in text
    assert "never run" not in text
    assert good.done


def test_a_failed_step_is_tried_again_and_one_of_the_network_says_what_to_check(trace: Trace) -> None:
    error = AirgapError("dial tcp: lookup proxy: no such host")
    with pytest.raises(StepError, match="GOPROXY, PIP_INDEX_URL"):
        run([trace.step("top", failing("flaky", error))])
    run([trace.step("top", trace.step("flaky"))])
    assert trace.made == ["flaky", "top"]


def test_a_full_disk_stops_what_has_not_begun_and_a_small_one_a_first_start(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "_LOW_DISK", 2**80)
    monkeypatch.setattr(steps, "_AT_ONCE", 1)
    with pytest.raises(StepError, match="is full: make room, or set XDG_CACHE_HOME"):
        run([failing("first", OSError(28, "No space left on device", "/x")), trace.step("second")])
    monkeypatch.setattr(steps, "_FIRST_TIME", 2**80)
    with pytest.raises(AirgapError, match="GiB free; a first start takes about"):
        run([trace.step("dagger", heavy=True)])
    assert trace.made == []


def test_a_disk_that_an_engine_may_fill_is_named_with_what_is_free(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir(parents=True)
    monkeypatch.setattr(steps, "_SCARCE_DISK", 0)
    assert steps.scarce_disk() == ""
    monkeypatch.setattr(steps, "_SCARCE_DISK", 2**80)
    pattern = rf"{re.escape(str(cache))} has \d+\.\d GiB free, .* set XDG_CACHE_HOME"
    assert re.match(pattern, steps.scarce_disk())


def test_an_interrupt_stops_the_commands_and_keeps_what_is_finished(
    trace: Trace, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    ended: list[str] = []

    def interrupted(*_: object, **__: object) -> None:
        begun.wait(30)
        raise KeyboardInterrupt

    def build(_: Path, log: TextIO) -> None:
        begun.set()
        try:
            commands.run(["sleep", "60"], log=log)
        except CommandError as error:
            ended.append(str(error))
            raise
        ended.append("it slept to the end")

    run([trace.step("finished")])
    monkeypatch.setattr(steps, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run([Step(name="long", inputs=digest_of("long"), build=build)])
    (how,) = ended
    assert re.fullmatch("`sleep 60` (was killed by SIGTERM|was not started: airgap is stopping)", how)
    assert [path.name.rpartition("-")[0] for path in (cache / "steps").iterdir()] == ["finished"]


def test_two_runs_at_once_make_a_step_only_once(trace: Trace) -> None:
    threads = [threading.Thread(target=run, args=([trace.step("one", seconds=0.1)],)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trace.made == ["one"]
