"""Imports between files, as Python in an image would find them."""

import pytest

from ci.pipeline.imports import edges, reached
from ci.pipeline.snapshot import Entry, Snapshot

FILES = (
    "dags/one/__init__.py",
    "dags/one/dag.py",
    "dags/one/steps.py",
    "dags/one/deep/__init__.py",
    "dags/one/deep/more.py",
    "dags/top.py",
    "dags/scripts.py",
    "scripts/shared/__init__.py",
    "scripts/shared/clock.py",
    "scripts/bare/tool.py",
    "ci/api/main.py",
)


def snapshot(texts: dict[str, str], links: dict[str, str] | None = None) -> Snapshot:
    """All files empty but for those texts; and links to their targets."""
    written = {**dict.fromkeys(FILES, ""), **texts}
    entries = {path: Entry("file", f"hash of {path}") for path in written}
    entries |= {path: Entry("link", target) for path, target in (links or {}).items()}
    return Snapshot(entries, {f"hash of {path}": text for path, text in written.items()})


@pytest.mark.parametrize(
    ("file", "text", "imports"),
    [
        ("dags/one/dag.py", "import top", {"dags/top.py"}),
        (
            "dags/one/dag.py",
            "import one.deep.more as m",
            {"one/__init__", "one/deep/__init__", "one/deep/more"},
        ),
        (
            "dags/one/dag.py",
            "from one.deep import more",
            {"one/__init__", "one/deep/__init__", "one/deep/more"},
        ),
        ("dags/one/dag.py", "from one.steps import run", {"one/__init__", "one/steps"}),
        ("dags/one/dag.py", "from one import *", {"one/__init__"}),
        ("dags/one/dag.py", "import dags.one.steps", {"one/__init__", "one/steps"}),
        ("dags/one/dag.py", "from dags import top", {"dags/top.py"}),
        (
            "dags/one/dag.py",
            "from scripts.shared import clock",
            {"dags/scripts.py", "scripts/shared/__init__.py", "scripts/shared/clock.py"},
        ),
        ("dags/one/dag.py", "import scripts.bare.tool", {"dags/scripts.py", "scripts/bare/tool.py"}),
        ("dags/one/dag.py", "from . import steps", {"one/__init__", "one/steps"}),
        (
            "dags/one/dag.py",
            "from .deep.more import x",
            {"one/__init__", "one/deep/__init__", "one/deep/more"},
        ),
        ("dags/one/deep/__init__.py", "from .more import x", {"one/deep/more"}),
        ("dags/one/deep/more.py", "from ..steps import x", {"one/__init__", "one/steps"}),
        ("dags/one/deep/more.py", "from ... import top", {"dags/top.py"}),
        ("dags/one/dag.py", "from .... import top", set[str]()),
        (
            "scripts/bare/tool.py",
            "from ..shared.clock import x",
            {"scripts/shared/__init__.py", "scripts/shared/clock.py"},
        ),
        ("dags/one/dag.py", "def run():\n    if True:\n        import top", {"dags/top.py"}),
        ("dags/one/dag.py", "import json, airflow.sdk, ci.main, shared", set[str]()),
        ("dags/one/dag.py", "__import__('top')", {"dags/top.py"}),
        ("dags/one/dag.py", "__import__('to' + 'p')", set[str]()),
        ("dags/one/dag.py", "import top\nclass", set[str]()),
        ("dags/one/dag.py", "import top\0", set[str]()),
        ("dags/one/dag.py", "-" * 100_000 + "1", set[str]()),
        ("ci/api/main.py", "import top", set[str]()),
    ],
)
def test_a_file_imports(file: str, text: str, imports: set[str]) -> None:
    wanted = {each if each.endswith(".py") else f"dags/{each}.py" for each in imports}
    assert edges(snapshot({file: text})).get(file, frozenset()) == wanted


def test_a_file_that_can_not_be_read_imports_nothing() -> None:
    undecoded = Snapshot({"dags/a.py": Entry("file", "hash")}, {})
    assert edges(undecoded) == {"dags/a.py": frozenset()}


def test_links_are_followed_to_a_file_and_through_a_folder() -> None:
    links = {
        "dags/one/clock.py": "../../scripts/shared/clock.py",
        "dags/linked": "one",
        "dags/lost.py": "none.py",
    }
    graph = edges(snapshot({"dags/top.py": "import linked.steps\nimport lost"}, links))
    assert graph["dags/one/clock.py"] == {"scripts/shared/clock.py"}
    assert graph["dags/top.py"] == {"dags/linked", "dags/one/__init__.py", "dags/one/steps.py"}
    assert graph["dags/lost.py"] == frozenset()


def test_all_that_is_imported_through_others_is_reached_and_circles_end() -> None:
    texts = {"dags/top.py": "import one.steps", "dags/one/steps.py": "import scripts.shared.clock, top"}
    start = {"dags/top.py"}
    others = {"dags/one/__init__.py", "dags/one/steps.py", "dags/scripts.py"}
    shared = {"scripts/shared/__init__.py", "scripts/shared/clock.py"}
    assert reached(edges(snapshot(texts)), start) == start | others | shared
