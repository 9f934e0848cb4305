"""The new pyproject.toml of an adopted type: exact pins alone, once each, and settings as the old had."""

import tomllib

import pytest

from ci.config import dag_type
from ci.lock import conflicts, refusals
from ci.lock.conflicts import Failure
from ci.lock.request import Held
from ci.starting.draft import Draft, draft, is_from_outside, pinned, pyproject
from ci.starting.manifest import manifest
from ci.starting.old import OldType
from ci.starting.owners import Owned
from ci.starting.recipe import Facts, recipe

BASE = "docker.io/apache/airflow:3.1.5-python3.13"


def begun(dependencies: list[str], dockerfile: str = "", more: str = "") -> Draft:
    """A draft of a type with these dependencies."""
    toml = f"[project]\nname = 'crm'\nversion = '1'\ndependencies = {dependencies}\n{more}"
    old = OldType(name="crm", dockerfile="Dockerfile.crm", recipe=dockerfile, manifest="p.toml", toml=toml)
    judged = recipe("Dockerfile.crm", dockerfile, Facts(dag_type="crm", base=BASE, files=()))
    return draft(old, judged, manifest("p.toml", toml, "crm", "3.13"), Owned(scripts=["crm"]), BASE)


def outcomes(found: Draft) -> dict[str, str]:
    return {each.what: each.outcome for each in found.told}


def test_the_settings_are_those_of_the_dockerfile() -> None:
    text = (
        "RUN apt-get install --no-install-recommends jq gcc && apt-get purge gcc\n"
        "ENV A='b \"c\"'\nRUN pip install x==1\n"
    )
    index = '[[tool.uv.index]]\nname = "house"\nurl = "https://example.com/simple"\nexplicit = true\n'
    found = dag_type.parse(
        "crm", "f", pyproject(begun(["b[c]==2"], text, f"{index}[tool.uv]\nexclude-newer = 2026-01-01\n"))
    )
    assert found.project.dependencies == ("b[c]==2", "x==1")
    assert found.settings.system_packages == ("jq",)
    assert found.settings.build_packages == ("gcc",)
    assert found.settings.env == {"A": 'b "c"'}
    assert found.script_paths == ("crm",)
    document = tomllib.loads(pyproject(begun([], "", f"{index}[tool.uv]\nexclude-newer = 2026-01-01\n")))
    assert document["tool"]["uv"] == {
        "exclude-newer": "2026-01-01",
        "index": [{"name": "house", "url": "https://example.com/simple", "explicit": True}],
    }


def test_the_settings_of_an_index_may_be_tables() -> None:
    index = (
        '[[tool.uv.index]]\nname = "house"\nurl = "https://example.com/simple"\n'
        'cache-control = { api = "max-age=600", "a b" = ["c"] }\nignore-error-codes = [401]\n"x y" = 1.5\n'
    )
    document = tomllib.loads(pyproject(begun([], "", index)))
    assert document["tool"]["uv"]["index"] == tomllib.loads(index)["tool"]["uv"]["index"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00"),
        ('"3 days"', "3 days"),
        ("{ house = 1 }", {"house": 1}),
    ],
)
def test_the_day_beyond_which_nothing_counts_is_a_text(day: str, expected: object) -> None:
    document = tomllib.loads(pyproject(begun([], "", f"[tool.uv]\nexclude-newer = {day}\n")))
    assert document["tool"]["uv"] == {"exclude-newer": expected}


@pytest.mark.parametrize(
    ("wish", "versions", "pin"),
    [
        ("a>=1", {"a": "1.2"}, "a==1.2"),
        ("A_b[d,c]~=1.0; python_version > '3'", {"a-b": "1.2"}, 'A_b[c,d]==1.2; python_version > "3"'),
        ("a==1.*", {"a": "1.2"}, "a==1.2"),
        ("a", {}, ""),
    ],
)
def test_what_is_no_exact_pin_becomes_what_it_resolves_to(
    wish: str, versions: dict[str, str], pin: str
) -> None:
    found = pinned(begun([wish]), versions)
    assert dag_type.parse("crm", "f", pyproject(found)).project.dependencies == ((pin,) if pin else ())
    assert [each.todo for each in found.told] == [not pin]
    assert (f"# was {wish}" in pyproject(found)) is bool(pin)


@pytest.mark.parametrize(
    ("wish", "todo"),
    [
        ("apache-airflow==3.1.5", False),
        ("apache-airflow>=3", False),
        ("apache-airflow-core", False),
        ("apache-airflow==2.8.1", True),
        ("apache-airflow[postgres]==3.1.5", True),
    ],
)
def test_airflow_itself_is_the_bases(wish: str, todo: bool) -> None:  # noqa: FBT001
    found = begun([wish])
    assert not found.wishes
    assert [each.todo for each in found.told] == [todo]


def test_a_package_is_taken_once() -> None:
    found = begun(["a==1"], "RUN pip install A==2\nRUN pip install a==1\n")
    assert [wish.text for wish in found.wishes] == ["a==1"]
    assert outcomes(found) == {"a==1": "dependencies", "A==2": "left out, for 'a==1' of p.toml:4 holds"}


def test_the_resolver_gets_what_is_not_pinned_yet() -> None:
    assert begun(["a>=1"]).resolving().project.dependencies == ("a>=1",)
    assert [wish.text for wish in begun(["a>=1", "b==1"]).loose] == ["a>=1"]


@pytest.mark.parametrize(
    ("said", "outside"),
    [
        ("No solution found", False),
        ("Failed to build `x==1`", False),
        ("401 Unauthorized", True),
    ],
)
def test_a_conflict_is_known_from_a_fault_of_the_world_outside(said: str, outside: bool) -> None:  # noqa: FBT001
    held = Held.parse("[]", "", "3.13.1")
    told = conflicts.problem(begun(["a"]).resolving(), BASE, held=held, failure=Failure(), said=said)
    assert refusals.trouble(said) in told
    assert is_from_outside(told) is outside


@pytest.mark.parametrize(
    "told",
    [
        f"images/crm/pyproject.toml: can't be locked against {BASE}: the package index doesn't answer\n    x",
        f"the packages of the base {BASE} can't be listed: it doesn't answer\n    x",
    ],
)
def test_a_step_that_could_not_run_is_of_the_world_outside(told: str) -> None:
    assert is_from_outside(told)
