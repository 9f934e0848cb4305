"""The new pyproject.toml of an adopted type: exact pins alone, once each, and settings as the old had."""

import tomllib

import pytest

from ci.config import dag_type as dag_types
from ci.scaffold import pyproject as old_pyproject
from ci.scaffold.dockerfile.convert import Context, convert
from ci.scaffold.draft import Draft, draft, pinned, pyproject
from ci.scaffold.owners import Ownership
from ci.scaffold.repository import OldType

BASE = "docker.io/apache/airflow:3.1.5-python3.13"


def begun(dependencies: list[str], dockerfile: str = "", more: str = "") -> Draft:
    """A draft of a type with these dependencies."""
    toml = f"[project]\nname = 'crm'\nversion = '1'\ndependencies = {dependencies}\n{more}"
    old = OldType(name="crm", dockerfile="Dockerfile.crm", manifest="p.toml")
    conversion = convert("Dockerfile.crm", dockerfile, Context(dag_type="crm", base=BASE, files=()))
    manifest = old_pyproject.read("p.toml", toml, "crm", "3.13")
    return draft(old, conversion, manifest, Ownership(scripts=["crm"]), BASE)


def outcomes(adopted: Draft) -> dict[str, str]:
    return {note.text: note.outcome for note in adopted.notes}


def test_the_settings_are_those_of_the_dockerfile() -> None:
    text = "RUN apt-get install --no-install-recommends jq\nENV A='b \"c\"'\nRUN pip install x==1\n"
    index = '[[tool.uv.index]]\nname = "house"\nurl = "https://example.com/simple"\nexplicit = true\n'
    dag_type = dag_types.parse(
        "crm", "f", pyproject(begun(["b[c]==2"], text, f"{index}[tool.uv]\nexclude-newer = 2026-01-01\n"))
    )
    assert dag_type.project.dependencies == ("b[c]==2", "x==1")
    assert dag_type.settings.system_packages == ("jq",)
    assert dag_type.settings.env == {"A": 'b "c"'}
    assert dag_type.script_paths == ("crm",)
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
    ("requirement", "versions", "pin"),
    [
        ("a>=1", {"a": "1.2"}, "a==1.2"),
        ("A_b[d,c]~=1.0; python_version > '3'", {"a-b": "1.2"}, 'A_b[c,d]==1.2; python_version > "3"'),
        ("a==1.*", {"a": "1.2"}, "a==1.2"),
        ("a", {}, ""),
    ],
)
def test_what_is_no_exact_pin_becomes_what_it_resolves_to(
    requirement: str, versions: dict[str, str], pin: str
) -> None:
    adopted = pinned(begun([requirement]), versions)
    assert dag_types.parse("crm", "f", pyproject(adopted)).project.dependencies == ((pin,) if pin else ())
    assert [note.todo for note in adopted.notes] == [not pin]
    assert bool(pin) is (f"pinned as {pin!r}" in adopted.notes[0].outcome)


@pytest.mark.parametrize(
    ("requirement", "todo"),
    [
        ("apache-airflow==3.1.5", False),
        ("apache-airflow>=3", False),
        ("apache-airflow-core", False),
        ("apache-airflow==2.8.1", True),
        ("apache-airflow[postgres]==3.1.5", True),
    ],
)
def test_airflow_itself_is_the_bases(requirement: str, todo: bool) -> None:  # noqa: FBT001
    adopted = begun([requirement])
    assert not adopted.requirements
    assert [note.todo for note in adopted.notes] == [todo]


def test_a_package_is_taken_once() -> None:
    adopted = begun(["a==1"], "RUN pip install A==2\nRUN pip install a==1\n")
    assert [one.text for one in adopted.requirements] == ["a==1"]
    left_out = "left out, as 'a==1' of p.toml:4 comes first: choose one"
    assert outcomes(adopted) == {"a==1": "dependencies", "A==2": left_out}


def test_the_resolver_gets_what_is_not_pinned_yet() -> None:
    assert begun(["a>=1"]).to_resolve().project.dependencies == ("a>=1",)
    assert [one.text for one in begun(["a>=1", "b==1"]).unpinned] == ["a>=1"]
