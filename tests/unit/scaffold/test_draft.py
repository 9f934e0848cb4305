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


def drafted(dependencies: list[str], dockerfile: str = "", more: str = "") -> Draft:
    """Return a draft of a type with these dependencies."""
    toml = f"[project]\nname = 'crm'\nversion = '1'\ndependencies = {dependencies}\n{more}"
    old = OldType(name="crm", dockerfile="Dockerfile.crm", manifest="p.toml")
    conversion = convert("Dockerfile.crm", dockerfile, Context(dag_type="crm", base=BASE, files=()))
    manifest = old_pyproject.read("p.toml", toml, "crm", "3.13")
    return draft(old, conversion, manifest, Ownership(scripts=["crm"]), BASE)


INDEX = (
    '[[tool.uv.index]]\nname = "house"\nurl = "https://example.com/simple"\nexplicit = true\n'
    'cache-control = { api = "max-age=600", "a b" = ["c"] }\nignore-error-codes = [401]\n"x y" = 1.5\n'
)
DAY = "2026-01-01"


def test_settings_come_from_both_files() -> None:
    text = "RUN apt-get install --no-install-recommends jq\nENV A='b \"c\"'\nRUN pip install x==1\n"
    dag_type = dag_types.parse("crm", "f", pyproject(drafted(["b[c]==2"], text, INDEX)))
    assert dag_type.project.dependencies == ("b[c]==2", "x==1")
    assert dag_type.settings.system_packages == ("jq",)
    assert dag_type.settings.env == {"A": 'b "c"'}
    assert dag_type.script_paths == ("crm",)


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        (INDEX, tomllib.loads(INDEX)["tool"]["uv"]),
        (f"[tool.uv]\nexclude-newer = {DAY}\n", {"exclude-newer": DAY}),
        (f"[tool.uv]\nexclude-newer = {DAY}T00:00:00Z\n", {"exclude-newer": f"{DAY}T00:00:00+00:00"}),
        ('[tool.uv]\nexclude-newer = "3 days"\n', {"exclude-newer": "3 days"}),
        ("[tool.uv]\nexclude-newer = { house = 1 }\n", {"exclude-newer": {"house": 1}}),
    ],
)
def test_settings_of_uv_are_kept_with_days_as_texts(toml: str, expected: object) -> None:
    assert tomllib.loads(pyproject(drafted([], "", toml)))["tool"]["uv"] == expected


@pytest.mark.parametrize(
    ("requirement", "versions", "pin"),
    [
        ("a>=1", {"a": "1.2"}, "a==1.2"),
        ("A_b[d,c]~=1.0; python_version > '3'", {"a-b": "1.2"}, 'A_b[c,d]==1.2; python_version > "3"'),
        ("a==1.*", {"a": "1.2"}, "a==1.2"),
        ("a", {}, ""),
    ],
)
def test_a_requirement_is_pinned_to_what_it_resolves_to(
    requirement: str, versions: dict[str, str], pin: str
) -> None:
    adopted = pinned(drafted([requirement]), versions)
    assert dag_types.parse("crm", "f", pyproject(adopted)).project.dependencies == ((pin,) if pin else ())
    assert [note.todo for note in adopted.notes] == [not pin]
    assert bool(pin) is (f"pinned as {pin!r}" in adopted.notes[0].outcome)


def test_requirements_on_airflow_are_the_bases() -> None:
    fit = ("apache-airflow==3.1.5", "apache-airflow>=3", "apache-airflow-core")
    todo = dict.fromkeys(fit, False)
    todo |= {"apache-airflow==2.8.1": True, "apache-airflow[postgres]==3.1.5": True}
    for requirement, left in todo.items():
        adopted = drafted([requirement])
        assert (adopted.requirements, [note.todo for note in adopted.notes]) == ((), [left]), requirement


def test_a_package_is_taken_once() -> None:
    adopted = drafted(["a==1"], "RUN pip install A==2\nRUN pip install a==1\n")
    assert [one.text for one in adopted.requirements] == ["a==1"]
    left_out = "left out, as 'a==1' of p.toml:4 comes first: choose one"
    outcomes = {note.text: note.outcome for note in adopted.notes}
    assert outcomes == {"a==1": "dependencies", "A==2": left_out}


def test_requirements_without_a_pin_go_to_the_resolver() -> None:
    adopted = drafted(["a>=1", "b==1"])
    assert adopted.to_resolve().project.dependencies == ("a>=1", "b==1")
    assert [one.text for one in adopted.unpinned] == ["a>=1"]
