"""Lost answers are requested again, failures are not; the number of requests at the same time is limited."""

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
    """An engine with prepared answers; a text is a failure."""

    def __init__(self, *answers: str | int) -> None:
        self.answers = list(answers)

    async def ask(self) -> int:
        """Return the next answer."""
        match self.answers.pop(0):
            case int(answer):
                return answer
            case text:
                raise failure(text)


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools_engine, "_PAUSE", 0)


def test_a_lost_answer_is_requested_again() -> None:
    for times in range(5):
        engine = Engine(*[LOST] * times, 7)
        assert asyncio.run(retrying(engine.ask)) == 7
        assert engine.answers == []


def test_what_fails_or_is_lost_too_often_is_not_requested_again() -> None:
    for answers, message in (((LOST,) * 6, "context canceled"), (("exit code: 1", 7), "exit code: 1")):
        engine = Engine(*answers)
        with pytest.raises(dagger.QueryError, match=message):
            asyncio.run(retrying(engine.ask))
        assert engine.answers == [*answers[-1:]]


def test_the_number_of_awaited_answers_is_limited() -> None:
    waiting, most = 0, 0

    async def ask() -> None:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        await asyncio.sleep(0.001)
        waiting -= 1

    async def all_at_once() -> None:
        await asyncio.gather(*(retrying(ask) for _ in range(3 * tools_engine.AT_ONCE)))

    for _ in range(2):  # in two event loops
        asyncio.run(all_at_once())
    assert most == tools_engine.AT_ONCE


def test_a_request_within_a_request_is_refused() -> None:
    async def ask() -> int:
        return await retrying(Engine(7).ask)

    with pytest.raises(RuntimeError, match="already holding"):
        asyncio.run(retrying(ask))
    assert asyncio.run(retrying(Engine(7).ask)) == 7  # the refused request gave its place back


def test_a_cancelled_request_gives_its_place_back() -> None:
    async def run() -> int:
        waiting = [
            asyncio.ensure_future(retrying(lambda: asyncio.sleep(60))) for _ in range(tools_engine.AT_ONCE)
        ]
        await asyncio.sleep(0)
        for request in waiting:
            request.cancel()
        return await retrying(Engine(7).ask)

    assert asyncio.run(run()) == 7
