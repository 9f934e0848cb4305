"""What a change touches, asked of real repositories; what isn't named is built before and after."""

from collections.abc import Callable
from pathlib import Path

import pytest
from dagger.mod._exceptions import FunctionError

from ci.image import build
from ci.image.base import BaseImage
from ci.pipeline import compare, text
from ci.pipeline.selection import Selection
from ci.tools.checkout import Checkout
from tests.engine.histories import DAG, PYPROJECT, History

pytestmark = pytest.mark.anyio

SHARED = PYPROJECT + '\n[tool.airflow-images]\nscripts = ["{name}", "shared"]\n'


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Give a repository with a tag at its last commit: ``one`` takes shared scripts, ``two`` doesn't."""
    made = History(tmp_path)
    made.write("images/one/pyproject.toml", SHARED.format(name="one"))
    made.write("scripts/one/__init__.py", "")
    made.write("scripts/shared/clock.py", "now = 1\n" * 20)
    made.write("dags/two/query.sql", "select 1")
    made.commit()
    made.tag("start")
    return made


async def since(history: History, ref: str) -> Selection:
    """Return what the change since a commit affects."""
    directory = history.directory()
    return await compare.affected(directory, directory, ref)


async def digest(history: History, name: str, below: BaseImage) -> str:
    """Return the digest of a DAG type's image, built from what is there now."""
    sources = Checkout(history.directory())
    try:
        return (await build.build((await sources.catalog()).get(name), sources, below)).digest
    finally:
        sources.close()


def edit_a_dag(history: History) -> None:
    history.write("dags/one/one_dag.py", DAG.format(name="edited"))
    history.commit()


def edit_a_shared_script(history: History) -> None:
    history.write("scripts/shared/clock.py", "now = 2\n")  # not committed


@pytest.mark.parametrize(
    ("change", "reason"),
    [(edit_a_dag, "DAG code"), (edit_a_shared_script, "scripts")],
    ids=["a DAG", "a shared script"],
)
async def test_a_type_that_is_not_named_has_the_same_image(
    history: History, below: BaseImage, change: Callable[[History], None], reason: str
) -> None:
    before = {name: await digest(history, name, below) for name in ("one", "two")}
    change(history)
    affected = await since(history, "start")
    assert text.matrix(affected) == f'{{"include":[{{"dag":"one","reason":"{reason}"}}]}}'
    assert affected.unaffected == ("two",)
    after = {name: await digest(history, name, below) for name in ("one", "two")}
    assert before["two"] == after["two"]
    assert before["one"] != after["one"]


async def test_a_renamed_file_is_told_by_its_old_path(history: History, tmp_path: Path) -> None:
    (tmp_path / "scripts/shared/clock.py").rename(tmp_path / "scripts/shared/time.py")
    history.commit()
    affected = await since(history, "HEAD~1")
    assert text.table(affected).splitlines()[1:] == [
        "one  scripts  scripts/shared/time.py (renamed from scripts/shared/clock.py)",
        "unaffected: two",
    ]


async def test_what_all_types_ignore_touches_the_tests_of_each(history: History) -> None:
    history.write("dags/.airflowignore", "one_dag.py\n")
    affected = await since(history, "start")
    assert text.table(affected).splitlines()[1:] == [
        "one  ignored DAG files  dags/.airflowignore (new)",
        "two  ignored DAG files  dags/.airflowignore (new)",
    ]


async def test_nothing_is_affected_by_nothing(history: History) -> None:
    commit = history.commit()  # with no changes
    nothing = await since(history, "main")
    assert (nothing.affected, nothing.unaffected, nothing.commit) == ((), ("one", "two"), commit)


async def test_a_wrong_name_is_told_with_one_that_is_near(history: History) -> None:
    with pytest.raises(FunctionError, match=r"--since 'strat' .* did you mean 'start'\?"):
        await since(history, "strat")
