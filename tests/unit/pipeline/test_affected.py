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


def changed(changes: Changes) -> dict[str, Entry]:
    after: dict[str, Entry | None] = dict(project())
    after |= {path: Entry("file", new) if isinstance(new, str) else new for path, new in changes.items()}
    return {path: entry for path, entry in after.items() if entry}


def one(dependency: str, settings: str) -> Changes:
    return {ONE: pyproject([dependency], settings, "one")}


EVERY = " ".join(ALL)
EXECUTABLE = Entry("executable", "from ..shared.clock import now\n")
# A file, what is there now, the DAG types that it affects, the kind of the reason, and how it changed.
FILES: list[tuple[str, str | Entry | None, str, str, str]] = [
    ("dags/one/dag.py", "x = 1", "one", "DAG code", ""),
    ("dags/one/query.sql", "select 2", "one", "DAG code", ""),
    ("dags/one/query.sql", None, "one", "DAG code", " (deleted)"),
    ("dags/one/query.sql", Entry("link", "dag.py"), "one", "DAG code", ""),
    ("dags/one/.airflowignore", "x", "one", "DAG code", ""),
    ("dags/.airflowignore", "x", EVERY, "ignored DAG files", " (new)"),
    ("dags/one/a.py", "", "one", "DAG code", " (new)"),
    ("dags/nobody.py", "", "", "", ""),
    ("scripts/two/steps.py", EXECUTABLE, "two", "scripts", " (executable)"),
    ("scripts/shared/clock.py", "", "one two", "scripts", ""),
    ("scripts/rare/odd.py", "x = 1", "one two", "imports", ""),
    ("scripts/nobody/a.py", "", "", "", ""),
    (ONE, pyproject(["a==2"], 'scripts = ["shared"]', "one"), "one", "pins", ""),
    (ONE, pyproject(["a==1"], 'scripts = ["shared"]\nmax-added-mb = 1', "one"), "one", "settings", ""),
    (ONE, pyproject(["a==1"], 'scripts = ["shared"]\n[tool.uv]\nx = 1', "one"), "one", "settings", ""),
    (ONE, pyproject(["a==1"], 'scripts = ["shared"] # x', "one"), "", "", ""),
    ("images/two/pylock.toml", "#", "two", "lock", ""),
    ("images/two/pylock.toml", None, "two", "lock", " (deleted)"),
    ("images/policy.toml", "[scan]", EVERY, "policy", ""),
    ("images/one/policy.toml", "[scan]", "one", "policy", " (new)"),
    ("images/known.openvex.json", "[]", EVERY, "policy", ""),
    ("images/publish.toml", "", EVERY, "publish settings", " (new)"),
    ("images/layers.toml", "", EVERY, "layer settings", " (new)"),
    ("images/base.toml", BASE.format(tag="2"), EVERY, "base", ""),
    ("images/base.toml", None, EVERY, "base", " (deleted)"),
    ("ci/pins.toml", "[images]", EVERY, "tools", ""),
    ("ci/api/main.py", "x", EVERY, "module", ""),
    ("dagger.json", "{ }", EVERY, "module", ""),
    ("uv.lock", "", EVERY, "module", " (new)"),
    (".gitattributes", "* text", EVERY, "git attributes", " (new)"),
    (".gitignore", "*.log", "", "", ""),
    ("images/one/README.md", "x", "", "", ""),
    ("images/base/pyproject.toml", "x", "", "", ""),
]
CASES: dict[str, tuple[Changes, list[str]]] = {
    **{
        f"{at}: {path}": ({path: now}, [f"{name}: {kind}: {path}{how}" for name in names.split()])
        for at, (path, now, names, kind, how) in enumerate(FILES)
    },
    "nothing": ({}, []),
    "script that one names and two imports": (
        {"scripts/shared/__init__.py": "x = 1"},
        ["one: scripts: scripts/shared/__init__.py", "two: imports: scripts/shared/__init__.py"],
    ),
    "import of one, DAG code of two": (
        {"dags/both.py": "x = 1"},
        ["one: imports: dags/both.py", "two: DAG code: dags/both.py"],
    ),
    "both": (one("b==1", 'scripts = ["two"]'), [f"one: pins: {ONE}", f"one: settings: {ONE}"]),
    "new type": (
        {"images/four/pyproject.toml": pyproject((), "", "four"), "dags/four/dag.py": ""},
        ["four: new: images/four/pyproject.toml (new)"],
    ),
    "mistake": (
        {ONE: pyproject((), "dags = 1", "one")},
        [f"one: wrong configuration: images/one ({MISTAKE})"],
    ),
    "import that goes": (
        {"scripts/rare/odd.py": "x", "dags/both.py": ""},
        [
            *("one: imports: dags/both.py", "one: imports: scripts/rare/odd.py"),
            *("two: DAG code: dags/both.py", "two: imports: scripts/rare/odd.py"),
        ],
    ),
}
# The same, from the changed project back to the first.
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
    "folder of the base": ({"images/base/pyproject.toml": "x"}, []),
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
    files = {"images/one/pylock.toml": "#", "images/one/policy.toml": "", "dags/one/dag.py": ""}
    lines = reasons(affected_by(project(), changed({**files, **one("a==2", 'scripts = ["shared"]')})))
    assert [line.split(": ")[1] for line in lines] == ["DAG code", "pins", "lock", "policy"]


SQL, TOTAL, MOVED = (f"dags/{path}.sql" for path in ("one/query", "one/total", "three/query"))


FOUR = "images/four/pyproject.toml (renamed from images/three/pyproject.toml)"


def test_a_rename_is_listed_once_per_type() -> None:
    for old, new, lines in (
        (SQL, TOTAL, [f"one: DAG code: {TOTAL} (renamed from {SQL})"]),
        (
            SQL,
            MOVED,
            [f"one: DAG code: {SQL} (renamed to {MOVED})", f"three: DAG code: {MOVED} (renamed from {SQL})"],
        ),
        ("/three/", "/four/", [f"four: new: {FOUR}"]),
    ):
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
