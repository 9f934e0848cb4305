"""The DAG types that each kind of change affects, with the exact reasons."""

from collections.abc import Mapping

import pytest

from ci.pipeline.snapshot import Entry

from ..changes import BASE, COMMIT, affected_by, project, reasons
from ..repository import pyproject

ALL = ("one", "three", "two")
ONE, TWO = "images/one/pyproject.toml", "images/two/pyproject.toml"
MISTAKE = f"{ONE}: [tool.airflow-images] dags: 1 is wrong: Input should be a list"
BEFORE = "(invalid before)"
# The text of a file, another entry, or None where nothing is any more.
Changes = Mapping[str, str | Entry | None]


def of_all(*lines: str) -> list[str]:
    return [f"{name}: {line}" for name in ALL for line in lines]


def changed(changes: Changes) -> dict[str, Entry]:
    after: dict[str, Entry | None] = dict(project())
    after |= {path: Entry("file", new) if isinstance(new, str) else new for path, new in changes.items()}
    return {path: entry for path, entry in after.items() if entry}


def one(dependency: str, settings: str) -> Changes:
    return {ONE: pyproject([dependency], settings, "one")}


CASES: dict[str, tuple[Changes, list[str]]] = {
    "nothing": ({}, []),
    "DAG file": ({"dags/one/dag.py": "x = 1"}, ["one: DAG code: dags/one/dag.py"]),
    "data": ({"dags/one/query.sql": "select 2"}, ["one: DAG code: dags/one/query.sql"]),
    "own ignore file": ({"dags/one/.airflowignore": "x"}, ["one: DAG code: dags/one/.airflowignore"]),
    "ignore file of all": (
        {"dags/.airflowignore": "x"},
        of_all("ignored DAG files: dags/.airflowignore (new)"),
    ),
    "new file": ({"dags/one/a.py": ""}, ["one: DAG code: dags/one/a.py (new)"]),
    "deleted file": ({"dags/one/query.sql": None}, ["one: DAG code: dags/one/query.sql (deleted)"]),
    "empty folder": (
        {"dags/one/left": Entry("folder", "")},
        ["one: DAG code: dags/one/left (an empty folder)"],
    ),
    "executable file": (
        {"scripts/two/steps.py": Entry("executable", "from ..shared.clock import now\n")},
        ["two: scripts: scripts/two/steps.py (executable)"],
    ),
    "link": ({"dags/one/query.sql": Entry("link", "dag.py")}, ["one: DAG code: dags/one/query.sql"]),
    "shared script": (
        {"scripts/shared/clock.py": ""},
        ["one: scripts: scripts/shared/clock.py", "two: scripts: scripts/shared/clock.py"],
    ),
    "script that one names and two imports": (
        {"scripts/shared/__init__.py": "x = 1"},
        ["one: scripts: scripts/shared/__init__.py", "two: imports: scripts/shared/__init__.py"],
    ),
    "indirect import": (
        {"scripts/rare/odd.py": "x = 1"},
        ["one: imports: scripts/rare/odd.py", "two: imports: scripts/rare/odd.py"],
    ),
    "import of one, DAG code of two": (
        {"dags/both.py": "x = 1"},
        ["one: imports: dags/both.py", "two: DAG code: dags/both.py"],
    ),
    "file of no type": ({"scripts/nobody/a.py": "", "dags/nobody.py": ""}, []),
    "pins": (one("a==2", 'scripts = ["shared"]'), [f"one: pins: {ONE}"]),
    "settings": (one("a==1", 'scripts = ["shared"]\nmax-added-mb = 1'), [f"one: settings: {ONE}"]),
    "both": (one("b==1", 'scripts = ["two"]'), [f"one: pins: {ONE}", f"one: settings: {ONE}"]),
    "another tool": (one("a==1", 'scripts = ["shared"]\n[tool.uv]\nx = 1'), [f"one: settings: {ONE}"]),
    "comment": (one("a==1", 'scripts = ["shared"] # x'), []),
    "lock": ({"images/two/pylock.toml": "#"}, ["two: lock: images/two/pylock.toml"]),
    "deleted lock": ({"images/two/pylock.toml": None}, ["two: lock: images/two/pylock.toml (deleted)"]),
    "policy": ({"images/policy.toml": "[scan]"}, of_all("policy: images/policy.toml")),
    "own policy": ({"images/one/policy.toml": "[scan]"}, ["one: policy: images/one/policy.toml (new)"]),
    "OpenVEX": ({"images/known.openvex.json": "[]"}, of_all("policy: images/known.openvex.json")),
    "publish settings": ({"images/publish.toml": ""}, of_all("publish settings: images/publish.toml (new)")),
    "layer settings": ({"images/layers.toml": ""}, of_all("layer settings: images/layers.toml (new)")),
    "base": ({"images/base.toml": BASE.format(tag="2")}, of_all("base: images/base.toml")),
    "deleted base": ({"images/base.toml": None}, of_all("base: images/base.toml (deleted)")),
    "tools": ({"ci/pins.toml": "[images]"}, of_all("tools: ci/pins.toml")),
    "module": (
        {"ci/api/main.py": "x", "dagger.json": "{ }", "uv.lock": ""},
        of_all("module: ci/api/main.py", "module: dagger.json", "module: uv.lock (new)"),
    ),
    "git attributes": ({".gitattributes": "* text"}, of_all("git attributes: .gitattributes (new)")),
    "git ignore file": ({".gitignore": "*.log"}, []),
    "new type": (
        {"images/four/pyproject.toml": pyproject((), "", "four"), "dags/four/dag.py": ""},
        ["four: new: images/four/pyproject.toml (new)"],
    ),
    "mistake": (
        {ONE: pyproject((), "dags = 1", "one")},
        [f"one: wrong configuration: images/one ({MISTAKE})"],
    ),
    "DAG code and lock": (
        {"images/one/pylock.toml": "#", "dags/one/dag.py": ""},
        ["one: DAG code: dags/one/dag.py", "one: lock: images/one/pylock.toml"],
    ),
    "import that goes": (
        {"scripts/rare/odd.py": "x", "dags/both.py": ""},
        [
            *("one: imports: dags/both.py", "one: imports: scripts/rare/odd.py"),
            *("two: DAG code: dags/both.py", "two: imports: scripts/rare/odd.py"),
        ],
    ),
    "file beside a configuration": ({"images/one/README.md": "x"}, []),
    "folder of the base": ({"images/base/pyproject.toml": "x"}, []),
}
# The same, from the changed project back to the first.
REVERSED: dict[str, tuple[Changes, list[str]]] = {
    "file that was executable": (
        {"dags/one/query.sql": Entry("executable", "select 1")},
        ["one: DAG code: dags/one/query.sql (no longer executable)"],
    ),
    "type that was invalid": ({ONE: "["}, [f"one: settings: {ONE} {BEFORE}"]),
    "types that claimed one name": (
        {TWO: pyproject((), "", "one")},
        [f"one: settings: {ONE} {BEFORE}", f"two: settings: {TWO} {BEFORE}"],
    ),
    "import that comes": CASES["import that goes"],
    "folder of the base": CASES["folder of the base"],
}


@pytest.mark.parametrize("case", CASES)
def test_a_change_affects_types_for_reasons(case: str) -> None:
    changes, lines = CASES[case]
    selection = affected_by(project(), changed(changes))
    assert sorted(reasons(selection)) == sorted(lines)
    affected = {line.partition(":")[0] for line in lines}
    assert set(selection.unaffected) == {*ALL, *affected} - affected
    assert (selection.since, selection.commit, selection.removed) == ("main", COMMIT, ())


@pytest.mark.parametrize("case", REVERSED)
def test_the_state_before_a_change_counts(case: str) -> None:
    changes, lines = REVERSED[case]
    selection = affected_by(changed(changes), project())
    assert (reasons(selection), selection.removed) == (lines, ())


def test_reasons_have_a_fixed_order() -> None:
    pins = {
        "images/one/pylock.toml": "#",
        "images/one/policy.toml": "",
        **one("a==2", 'scripts = ["shared"]'),
    }
    kinds = [line.split(": ")[1] for line in reasons(affected_by(project(), changed(pins)))]
    assert kinds == ["pins", "lock", "policy"]


SQL, TOTAL, MOVED = (f"dags/{path}.sql" for path in ("one/query", "one/total", "three/query"))


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (SQL, TOTAL, [f"one: DAG code: {TOTAL} (renamed from {SQL})"]),
        (
            SQL,
            MOVED,
            [f"one: DAG code: {SQL} (renamed to {MOVED})", f"three: DAG code: {MOVED} (renamed from {SQL})"],
        ),
        (
            "/three/",
            "/four/",
            ["four: new: images/four/pyproject.toml (renamed from images/three/pyproject.toml)"],
        ),
    ],
)
def test_a_rename_is_listed_once_per_type(old: str, new: str, lines: list[str]) -> None:
    after = {path.replace(old, new): entry for path, entry in project().items()}
    renames = {path.replace(old, new): path for path in project() if old in path}
    selection = affected_by(project(), after, renames)
    assert reasons(selection) == lines
    assert selection.removed == (("three",) if old == "/three/" else ())


def test_the_target_of_a_link_belongs_to_the_type() -> None:
    links = {
        "dags/three": Entry("link", "hidden"),
        "images/three/pylock.toml": Entry("link", "../one/pylock.toml"),
    }
    linked = changed({"dags/three/dag.py": None, "dags/hidden/dag.py": "", **links})
    edited = {"dags/hidden/dag.py": Entry("file", "x"), "images/one/pylock.toml": Entry("file", "x")}
    lines = reasons(affected_by(linked, {**linked, **edited}))
    assert lines[1:] == ["three: DAG code: dags/hidden/dag.py", "three: lock: images/one/pylock.toml"]
