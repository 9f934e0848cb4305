"""One step: where its result lies, that it appears whole or not at all, and what is pruned."""

import os
from pathlib import Path
from typing import TextIO

import pytest

from airgap.folders import digest_of
from airgap.step import Step, all_steps, make, prune


def write_result(folder: Path, log: TextIO) -> None:
    log.write("working\n")
    (folder / "result").write_text("done")


def step(name: str = "regctl", inputs: str = "1") -> Step:
    return Step(name=name, inputs=digest_of(inputs), build=write_result)


def test_a_name_must_be_safe_as_a_file_name_and_inputs_a_digest(cache: Path) -> None:
    for name in ("", "Regctl", "a b", "../x", "-x", "a/b"):
        with pytest.raises(ValueError, match="only a-z, 0-9, dots and dashes"):
            step(name)
    with pytest.raises(ValueError, match="no hex sha256"):
        Step(name="regctl", inputs="v1.2.3", build=write_result)
    assert step(inputs="1").result != step(inputs="2").result
    assert step().result.parent == cache / "steps"


def test_making_fills_the_log_and_a_result_that_has_its_name_when_it_is_complete() -> None:
    done: list[bool] = []

    def build(folder: Path, log: TextIO) -> None:
        write_result(folder, log)
        done.append(one.done)

    one = Step(name="regctl", inputs=digest_of("1"), build=build)
    make(one)
    assert (done, one.done) == ([False], True)
    assert (one.result / "result").read_text() == "done"
    assert one.log.read_text() == "working\n"


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt()])
def test_a_step_that_fails_or_is_interrupted_leaves_nothing(cache: Path, error: BaseException) -> None:
    def build(folder: Path, _: TextIO) -> None:
        (folder / "half").write_text("half")
        raise error

    with pytest.raises(type(error)):
        make(Step(name="regctl", inputs=digest_of("1"), build=build))
    assert list((cache / "steps").iterdir()) == []


def test_what_killed_runs_left_is_removed_and_results_are_not(cache: Path) -> None:
    own = cache / "steps" / f".making-{step().result.name}-12345678"
    other = cache / "steps" / ".making-trivy-0000000000000000-12345678"  # another command may be at it
    for folder in (own, other):
        (folder / "deep").mkdir(parents=True)
    make(step())
    assert (own.exists(), other.exists()) == (False, True)
    prune([])
    assert [path.name for path in (cache / "steps").iterdir()] == [step().result.name]


def test_needed_steps_come_first_and_once() -> None:
    base = step("base")
    left = Step(name="left", inputs=digest_of("l"), build=write_result, needs=(base,))
    right = Step(name="right", inputs=digest_of("r"), build=write_result, needs=(base, left))
    assert [one.name for one in all_steps([right, left])] == ["base", "left", "right"]


def test_pruning_keeps_the_two_results_used_last_and_those_in_use() -> None:
    steps = [step(inputs=str(number)) for number in range(5)]
    for age, one in enumerate(reversed(steps)):
        make(one)
        os.utime(one.result, (1000 - age, 1000 - age))
    other = step("uv")
    make(other)
    removed = prune([steps[0].result])
    assert [one.done for one in steps] == [True, False, False, False, True]
    assert sorted(removed) == sorted(one.result for one in steps[1:4])
    assert other.done
