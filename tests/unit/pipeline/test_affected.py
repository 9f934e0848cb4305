"""Which kinds of change touch which DAG types, with the exact reasons."""

from collections.abc import Mapping

import pytest

from ci.pipeline.snapshot import Entry

from ..changes import COMMIT, found, project, told
from ..repository import pyproject

Told = dict[str, dict[str, list[str]]]
ALL = ("one", "three", "two")
ONE = "images/one/pyproject.toml"


WRONG = f"{ONE}: [tool.airflow-images] dags: 1 is wrong: Input should be a list"


def file(text: str) -> Entry:
    return Entry("file", text)


def everyone(kind: str, *paths: str) -> Told:
    return {name: {kind: list(paths)} for name in ALL}


CASES: dict[str, tuple[Mapping[str, Entry | None], Told]] = {
    "nothing": ({}, {}),
    "dag": ({"dags/one/dag.py": file("x = 1")}, {"one": {"DAG code": ["dags/one/dag.py"]}}),
    "data": ({"dags/one/query.sql": file("select 2")}, {"one": {"DAG code": ["dags/one/query.sql"]}}),
    "airflowignore": (
        {"dags/one/.airflowignore": file("x")},
        {"one": {"DAG code": ["dags/one/.airflowignore"]}},
    ),
    "airflowignore of all types": (
        {"dags/.airflowignore": file("one/broken.py")},
        everyone("ignored DAG files", "dags/.airflowignore (new)"),
    ),
    "new file": ({"dags/one/a.py": file("")}, {"one": {"DAG code": ["dags/one/a.py (new)"]}}),
    "deleted": ({"dags/one/query.sql": None}, {"one": {"DAG code": ["dags/one/query.sql (deleted)"]}}),
    "empty folder": (
        {"dags/one/left": Entry("folder", "")},
        {"one": {"DAG code": ["dags/one/left (an empty folder)"]}},
    ),
    "executable": (
        {"scripts/two/steps.py": Entry("executable", "from ..shared.clock import now\n")},
        {"two": {"scripts": ["scripts/two/steps.py (executable)"]}},
    ),
    "link": (
        {"dags/one/query.sql": Entry("link", "dag.py")},
        {"one": {"DAG code": ["dags/one/query.sql"]}},
    ),
    "shared script": (
        {"scripts/shared/clock.py": file("")},
        {name: {"scripts": ["scripts/shared/clock.py"]} for name in ("one", "two")},
    ),
    "shared script that one names and the other imports": (
        {"scripts/shared/__init__.py": file("x = 1")},
        {
            "one": {"scripts": ["scripts/shared/__init__.py"]},
            "two": {"imports": ["scripts/shared/__init__.py"]},
        },
    ),
    "imported through others": (
        {"scripts/rare/odd.py": file("x = 1")},
        {name: {"imports": ["scripts/rare/odd.py"]} for name in ("one", "two")},
    ),
    "imported by one, DAG code of the other": (
        {"dags/both.py": file("x = 1")},
        {"one": {"imports": ["dags/both.py"]}, "two": {"DAG code": ["dags/both.py"]}},
    ),
    "nobody's": ({"scripts/nobody/a.py": file(""), "dags/nobody.py": file("")}, {}),
    "pins": (
        {ONE: file(pyproject(["a==2"], 'scripts = ["shared"]', "one"))},
        {"one": {"pins": [ONE]}},
    ),
    "settings": (
        {ONE: file(pyproject(["a==1"], 'scripts = ["shared"]\nmax-added-mb = 1', "one"))},
        {"one": {"settings": [ONE]}},
    ),
    "pins and settings": (
        {ONE: file(pyproject(["b==1"], 'scripts = ["two"]', "one"))},
        {"one": {"pins": [ONE], "settings": [ONE]}},
    ),
    "another tool's table": (
        {ONE: file(pyproject(["a==1"], 'scripts = ["shared"]\n[tool.uv]\nx = 1', "one"))},
        {"one": {"settings": [ONE]}},
    ),
    "a comment in pyproject.toml": (
        {ONE: file(pyproject(["a==1"], 'scripts = ["shared"] # x', "one"))},
        {},
    ),
    "lock": ({"images/two/pylock.toml": file("#")}, {"two": {"lock": ["images/two/pylock.toml"]}}),
    "no lock": ({"images/two/pylock.toml": None}, {"two": {"lock": ["images/two/pylock.toml (deleted)"]}}),
    "policy": ({"images/policy.toml": file("[scan]")}, everyone("policy", "images/policy.toml")),
    "a type's policy": (
        {"images/one/policy.toml": file("[scan]")},
        {"one": {"policy": ["images/one/policy.toml (new)"]}},
    ),
    "a document of a policy": (
        {"images/known.openvex.json": file("[]")},
        everyone("policy", "images/known.openvex.json"),
    ),
    "publish settings": (
        {"images/publish.toml": file("")},
        everyone("publish settings", "images/publish.toml (new)"),
    ),
    "layer settings": (
        {"images/layers.toml": file("")},
        everyone("layer settings", "images/layers.toml (new)"),
    ),
    "base": ({"images/base.toml": file("[base]")}, everyone("base", "images/base.toml")),
    "no base any more": ({"images/base.toml": None}, everyone("base", "images/base.toml (deleted)")),
    "tools": ({"ci/pins.toml": file("[images]")}, everyone("tools", "ci/pins.toml")),
    "module": (
        {"ci/api/main.py": file("x"), "dagger.json": file("{ }"), "uv.lock": file("")},
        everyone("module", "ci/api/main.py", "dagger.json", "uv.lock (new)"),
    ),
    "git attributes": (
        {".gitattributes": file("* text")},
        everyone("git attributes", ".gitattributes (new)"),
    ),
    "what git ignores": ({".gitignore": file("*.log")}, {}),
    "new type": (
        {"images/four/pyproject.toml": file(pyproject((), "", "four")), "dags/four/dag.py": file("")},
        {"four": {"new": ["images/four/pyproject.toml (new)"]}},
    ),
    "a wrong configuration": (
        {ONE: file(pyproject((), "dags = 1", "one"))},
        {"one": {"wrong configuration": [f"images/one ({WRONG})"]}},
    ),
    "DAG code and lock": (
        {"images/one/pylock.toml": file("#"), "dags/one/dag.py": file("")},
        {"one": {"DAG code": ["dags/one/dag.py"], "lock": ["images/one/pylock.toml"]}},
    ),
    "a file beside a type's configuration": ({"images/one/README.md": file("x")}, {}),
    "images/base": ({"images/base/pyproject.toml": file("x")}, {}),
}


@pytest.mark.parametrize(("change", "reasons"), list(CASES.values()), ids=list(CASES))
def test_a_change_touches(change: Mapping[str, Entry | None], reasons: Told) -> None:
    after = {path: entry for path, entry in {**project(), **change}.items() if entry is not None}
    findings = found(project(), after)
    assert told(findings) == reasons
    assert set(findings.unaffected) == {*ALL, *reasons} - reasons.keys()
    assert (findings.since, findings.commit, findings.removed) == ("main", COMMIT, ())


def test_a_file_that_is_no_longer_executable_is_told() -> None:
    before = {**project(), "dags/one/query.sql": Entry("executable", "select 1")}
    told_of = told(found(before, project()))
    assert told_of == {"one": {"DAG code": ["dags/one/query.sql (no longer executable)"]}}


def test_a_renamed_file_is_told_once_with_its_old_path() -> None:
    after = project()
    after["dags/one/total.sql"] = after.pop("dags/one/query.sql")
    renames = {"dags/one/total.sql": "dags/one/query.sql"}
    reasons = {"one": {"DAG code": ["dags/one/total.sql (renamed from dags/one/query.sql)"]}}
    assert told(found(project(), after, renames)) == reasons


def test_a_file_that_moves_from_one_type_to_another_is_told_of_both() -> None:
    after = project()
    after["dags/three/query.sql"] = after.pop("dags/one/query.sql")
    renames = {"dags/three/query.sql": "dags/one/query.sql"}
    assert told(found(project(), after, renames)) == {
        "one": {"DAG code": ["dags/one/query.sql (renamed to dags/three/query.sql)"]},
        "three": {"DAG code": ["dags/three/query.sql (renamed from dags/one/query.sql)"]},
    }


def test_a_renamed_type_is_new_and_the_old_one_removed() -> None:
    after = {path.replace("/three/", "/four/"): entry for path, entry in project().items()}
    findings = found(project(), after, {"images/four/pyproject.toml": "images/three/pyproject.toml"})
    how = "renamed from images/three/pyproject.toml"
    assert told(findings) == {"four": {"new": [f"images/four/pyproject.toml ({how})"]}}
    assert findings.removed == ("three",)


def test_a_type_that_could_not_be_used_before_is_affected() -> None:
    before = {**project(), ONE: file("[")}
    assert told(found(before, project())) == {"one": {"settings": [f"{ONE} (invalid before)"]}}


def test_a_type_that_gets_its_name_back_is_affected() -> None:
    before = {**project(), "images/two/pyproject.toml": file(pyproject((), "", "one"))}
    findings = told(found(before, project()))
    assert findings["one"] == {"settings": [f"{ONE} (invalid before)"]}
    assert "settings" in findings["two"]


def test_an_import_that_is_gone_counts_as_one_that_is_there() -> None:
    after = {**project(), "scripts/rare/odd.py": file("x"), "dags/both.py": file("")}
    assert "scripts/rare/odd.py" in told(found(project(), after))["one"]["imports"]
    before = {**project(), "dags/both.py": file("")}
    after = {**project(), "scripts/rare/odd.py": file("x")}
    assert "scripts/rare/odd.py" in told(found(before, after))["one"]["imports"]


def test_what_a_link_leads_to_is_part_of_the_type() -> None:
    linked = {**project(), "dags/three": Entry("link", "hidden"), "dags/hidden/dag.py": file("")}
    linked.pop("dags/three/dag.py")
    linked["images/three/pylock.toml"] = Entry("link", "../one/pylock.toml")
    after = {**linked, "dags/hidden/dag.py": file("x"), "images/one/pylock.toml": file("x")}
    assert told(found(linked, after))["three"] == {
        "DAG code": ["dags/hidden/dag.py"],
        "lock": ["images/one/pylock.toml"],
    }
