"""How many containers a publish of several DAG types starts that they share, signed."""

import uuid
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import dagger
import pytest

from ci.attest import statements
from ci.checks.dags import suite
from ci.checks.dags.suite import Answer
from tests.engine import registries, signed_images
from tests.engine.histories import DAG, History

pytestmark = pytest.mark.anyio

SHARED = {"programs.registry", "programs.referrers", "programs.cosign"}


class Started:
    """The steps of tests by title, whether one was run anew, and the commands on registries and keys."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.commands: Counter[str] = Counter()

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Write down what is started from now on."""
        ask, start = suite.answer_on, dagger.Container.with_exec

        async def answered(container: dagger.Container, job: Mapping[str, object], title: str) -> Answer:
            assert title not in self.answers, f"{title}: a second time"
            self.answers[title] = answer = await ask(container, job, title)
            return answer

        def with_exec(container: dagger.Container, args: list[str], **options: Any) -> dagger.Container:  # noqa: ANN401
            self.commands.update(verb for program, verb in pairwise(args) if program in SHARED)
            return start(container, args, **options)

        monkeypatch.setattr(suite, "answer_on", answered)
        monkeypatch.setattr(dagger.Container, "with_exec", with_exec)


async def test_types_share_parses_registry_and_signer(
    plain_registry: str, owner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flows, keys = History(tmp_path, owner), await signed_images.keys()  # with the real tests
    started = Started()
    started.watch(monkeypatch)
    for name in ("one", "two"):
        flows.write(f"dags/{name}/{name}_dag.py", f"{DAG.format(name=name)}# {uuid.uuid4().hex}\n")
    flows.commit()
    published = await flows.publish(plain_registry, registries.PLAIN, signer=keys.signer)
    assert [row.signed for row in published.rows] == [len(statements.TYPES)] * 2

    parses = {"worker parse of 2 types", "scheduler parse of 2 types"}
    shared = {"environment of 2 types", "imports of one", "imports of two"}
    assert started.answers.keys() == parses | shared
    assert [started.answers[title].starts for title in sorted(parses)] == [1, 1]
    assert started.answers["imports of one"].run == started.answers["imports of two"].run
    # By digest before the signatures, and then the tags.
    assert started.commands == {"look": 1, "push": 2, "signed": 1, "sign": 1, "attach": 1}
