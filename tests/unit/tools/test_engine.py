"""Answers that the engine lost are asked for again; failures are not."""

import asyncio

import dagger
import gql
import pytest
from dagger._exceptions import QueryErrorValue

from ci.tools import engine as tools_engine
from ci.tools.engine import retrying

LOST = "exit code: 137: context canceled"


def failure(text: str) -> dagger.QueryError:
    return dagger.QueryError([QueryErrorValue(message=text)], gql.gql("{ __typename }"))


class Engine:
    """What the engine answers, one after another; a text is a failure."""

    def __init__(self, *answers: str | int) -> None:
        self.answers = list(answers)

    async def ask(self) -> int:
        """The next answer."""
        match self.answers.pop(0):
            case int(answer):
                return answer
            case text:
                raise failure(text)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools_engine, "_PAUSE", 0)


@pytest.mark.parametrize("times", range(5))
def test_an_answer_that_was_lost_is_asked_for_again(times: int) -> None:
    engine = Engine(*[LOST] * times, 7)
    assert asyncio.run(retrying(engine.ask)) == 7
    assert engine.answers == []


def test_an_engine_that_loses_every_answer_is_told_so() -> None:
    engine = Engine(*[LOST] * 6)
    with pytest.raises(dagger.QueryError, match="context canceled"):
        asyncio.run(retrying(engine.ask))
    assert len(engine.answers) == 1


def test_a_step_that_failed_is_not_run_again() -> None:
    engine = Engine("exit code: 1", 7)
    with pytest.raises(dagger.QueryError, match="exit code: 1"):
        asyncio.run(retrying(engine.ask))
    assert engine.answers == [7]


def test_no_more_answers_are_waited_for_than_the_machine_bears() -> None:
    waiting, most = 0, 0

    async def ask() -> None:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        await asyncio.sleep(0.001)
        waiting -= 1

    async def all_at_once() -> None:
        await asyncio.gather(*(retrying(ask) for _ in range(3 * tools_engine.AT_ONCE)))

    for _ in range(2):  # each in a loop of its own
        asyncio.run(all_at_once())
    assert most == tools_engine.AT_ONCE
