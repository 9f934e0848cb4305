"""How many containers and Airflows the tests of DAG types start, counted by case."""

import uuid
from collections.abc import Mapping

import dagger
import pytest

from ci.checks.dags import all_types, suite
from ci.checks.dags.suite import Answer
from ci.image.base import BaseImage
from tests.engine.conftest import repository
from tests.engine.test_smoke import PYPROJECT, with_locks

pytestmark = pytest.mark.anyio

NAMES = [f"type{number}" for number in range(5)]
DAG = "from airflow.sdk import DAG  # {mark}\n\nwith DAG('{name}'):\n    pass\n"
WORKER, SCHEDULER = "worker parse of 5 types", "scheduler parse of 5 types"
WITHOUT_DAGS = {"environment of 5 types", *(f"imports of {name}" for name in NAMES)}


class Runs:
    """The answers of containers by the titles of their steps; a new run of one has a name of its own."""

    def __init__(self, below: BaseImage) -> None:
        self._below = below
        self.answers: dict[str, Answer] = {}

    async def test(self, marks: Mapping[str, str], *names: str) -> set[str]:
        """Test types whose DAG files hold a mark, and return the titles of those that were run anew."""
        files = {f"images/{name}/pyproject.toml": PYPROJECT.format(name=name) for name in NAMES}
        files |= {f"dags/{name}/dag.py": DAG.format(name=name, mark=marks[name]) for name in NAMES}
        sources = repository(await with_locks(files, self._below))
        known = {answer.run for answer in self.answers.values()}
        self.answers = {}
        types = [one for one in (await sources.catalog()).all() if one.name in (names or NAMES)]
        reports = await all_types.test_all(types, sources, self._below)
        assert all(report.passed for report in reports)
        return {title for title, answer in self.answers.items() if answer.run not in known}

    def starts(self, *titles: str) -> list[int]:
        """Return how often these loaded Airflow to parse."""
        return [self.answers[title].starts for title in titles]


@pytest.fixture
def runs(below: BaseImage, monkeypatch: pytest.MonkeyPatch) -> Runs:
    made, ask = Runs(below), suite.answer_on

    async def recorded(container: dagger.Container, job: Mapping[str, object], title: str) -> Answer:
        made.answers[title] = answer = await ask(container, job, title)
        return answer

    monkeypatch.setattr(suite, "answer_on", recorded)
    return made


async def test_an_edit_is_parsed_by_one_airflow_for_each_role_whatever_the_number_of_types(
    runs: Runs,
) -> None:
    first = dict.fromkeys(NAMES, uuid.uuid4().hex)
    assert await runs.test(first) >= {WORKER, SCHEDULER}
    assert runs.answers.keys() == {WORKER, SCHEDULER, *WITHOUT_DAGS}
    assert runs.starts(WORKER, SCHEDULER) == [1, 1]
    # Types with the same packages share all that is the same for them.
    assert len({runs.answers[f"imports of {name}"].run for name in NAMES}) == 1

    assert await runs.test(first) == set()

    edited = {**first, NAMES[0]: uuid.uuid4().hex}
    assert await runs.test(edited) == {WORKER, SCHEDULER}
    assert runs.starts(WORKER, SCHEDULER) == [1, 1]
    assert runs.answers.keys() == {WORKER, SCHEDULER, *WITHOUT_DAGS}

    # What was parsed among others is known when it is asked for alone.
    alone = f"worker parse of {NAMES[1]}"
    assert alone in await runs.test(edited, NAMES[1])
    assert runs.starts(alone) == [0]
