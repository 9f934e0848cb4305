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


@pytest.mark.parametrize("name", ["", "Regctl", "a b", "../x", "-x", "a/b"])
def test_a_name_must_be_safe_as_a_file_name(name: str) -> None:
    with pytest.raises(ValueError, match="only a-z, 0-9, dots and dashes"):
        step(name)


def test_inputs_must_be_a_digest() -> None:
    with pytest.raises(ValueError, match="no hex sha256"):
        Step(name="regctl", inputs="v1.2.3", build=write_result)


def test_other_inputs_are_another_result(cache: Path) -> None:
    assert step(inputs="1").result != step(inputs="2").result
    assert step().result.parent == cache / "steps"


def test_making_fills_the_result_and_the_log() -> None:
    one = step()
    assert not one.done
    make(one)
    assert one.done
    assert (one.result / "result").read_text() == "done"
    assert one.log.read_text() == "working\n"


def test_a_result_has_its_name_only_when_it_is_complete() -> None:
    seen: list[bool] = []

    def build(folder: Path, _: TextIO) -> None:
        (folder / "half").write_text("half")
        seen.append(one.done)

    one = Step(name="regctl", inputs=digest_of("1"), build=build)
    make(one)
    assert seen == [False]
    assert one.done


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt()])
def test_a_step_that_fails_or_is_interrupted_leaves_nothing(cache: Path, error: BaseException) -> None:
    def build(folder: Path, _: TextIO) -> None:
        (folder / "half").write_text("half")
        raise error

    with pytest.raises(type(error)):
        make(Step(name="regctl", inputs=digest_of("1"), build=build))
    assert list((cache / "steps").iterdir()) == []


def test_leftovers_of_killed_runs_are_removed_and_results_are_not(cache: Path) -> None:
    make(step())
    (cache / "steps" / ".making-regctl-0000000000000000-12345678" / "deep").mkdir(parents=True)
    prune([])
    assert [path.name for path in (cache / "steps").iterdir()] == [step().result.name]


def test_what_a_killed_run_left_of_a_step_is_removed_before_it_is_made_again(cache: Path) -> None:
    left = cache / "steps" / f".making-{step().result.name}-12345678"
    other = cache / "steps" / ".making-trivy-0000000000000000-12345678"  # another command may be at it
    for folder in (left, other):
        (folder / "deep").mkdir(parents=True)
    make(step())
    assert not left.exists()
    assert other.exists()


def test_needed_steps_come_first_and_once() -> None:
    base = step("base")
    left = Step(name="left", inputs=digest_of("l"), build=write_result, needs=(base,))
    right = Step(name="right", inputs=digest_of("r"), build=write_result, needs=(base, left))
    assert [each.name for each in all_steps([right, left])] == ["base", "left", "right"]


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
