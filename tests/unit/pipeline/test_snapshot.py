"""Snapshots: what is below a path, through links too; and what is told where there are none."""

import json

import pytest

from ci.errors import ConfigurationError
from ci.pipeline.snapshot import Entry, Snapshot, parse

ENTRIES = {
    "dags/one/dag.py": Entry("file", "1"),
    "dags/one/deep/more.py": Entry("executable", "2"),
    "dags/one.py": Entry("file", "3"),
    "dags/first": Entry("link", "second"),
    "dags/second": Entry("link", "one"),
    "dags/round": Entry("link", "./round"),
    "dags/out": Entry("link", "/etc"),
    "dags/empty": Entry("folder", ""),
}
SNAPSHOT = Snapshot(ENTRIES, {"1": "code"})
HEX = "a" * 40
EXPECTED = "a branch, a tag, a remote's branch (origin/main) or a commit (a1b2c3d, HEAD~1)"
UNRELATED = "--since 'mian' has no commit in common with what is checked out"
DEEPEN = (
    "this clone is shallow: fetch the whole history with git fetch --unshallow, "
    "or in GitHub Actions with fetch-depth: 0 of actions/checkout"
)


@pytest.mark.parametrize(
    ("path", "below"),
    [
        ("dags/one", {"dags/one/dag.py", "dags/one/deep/more.py"}),
        ("dags/one/dag.py", {"dags/one/dag.py"}),
        ("dags/one/deep", {"dags/one/deep/more.py"}),
        ("dags/empty", {"dags/empty"}),
        ("dags/none", set[str]()),
        ("dags/first", {"dags/first", "dags/second", "dags/one/dag.py", "dags/one/deep/more.py"}),
        ("dags/first/deep", {"dags/first", "dags/second", "dags/one/deep/more.py"}),
        ("dags/round", {"dags/round"}),
        ("dags/out/passwd", {"dags/out"}),
    ],
)
def test_below_a_path_is(path: str, below: set[str]) -> None:
    assert SNAPSHOT.paths_at(path) == below


@pytest.mark.parametrize(
    ("path", "text"),
    [("dags/one/dag.py", "code"), ("dags/second/dag.py", "code"), ("dags/one.py", None), ("none", None)],
)
def test_a_text_is_read_through_links(path: str, text: str | None) -> None:
    assert SNAPSHOT.text(path) == text


def test_an_answer_is_parsed_and_compared() -> None:
    answer = {
        "commit": HEX,
        "before": {"dags/a.py": ["file", "1"], "dags/b.py": ["file", "2"], "dags/c.py": ["file", "3"]},
        "after": {"dags/a.py": ["executable", "1"], "dags/b.py": ["file", "2"], "dags/d.py": ["file", "3"]},
        "texts": {"2": "text"},
        "renames": {"dags/d.py": "dags/c.py"},
    }
    found = parse(json.dumps(answer), "main")
    assert (found.since, found.commit, found.renames) == ("main", HEX, {"dags/d.py": "dags/c.py"})
    assert found.changed() == {"dags/a.py", "dags/c.py", "dags/d.py"}
    assert found.before.text("dags/b.py") == found.after.text("dags/b.py") == "text"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"problem": "no repository"}, "no repository"),
        (
            {"lacks": "ref", "names": ["main", "v1"], "shallow": False},
            f"--since 'mian' is not a commit of this repository: did you mean 'main'? Expected {EXPECTED}",
        ),
        (
            {"lacks": "ref", "names": [], "shallow": True},
            f"--since 'mian' is not a commit of this repository: expected {EXPECTED}: {DEEPEN}",
        ),
        (
            {"lacks": "ancestor", "names": [], "shallow": False},
            f"{UNRELATED}: name a branch or commit that this branch started from",
        ),
        (
            {"lacks": "ancestor", "names": [], "shallow": True},
            f"{UNRELATED}: {DEEPEN}",
        ),
    ],
    ids=["problem", "near", "shallow", "unrelated", "shallow and unrelated"],
)
def test_what_can_not_be_compared_is_told_with_what_to_do(answer: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse(json.dumps(answer), "mian")
    assert error.value.problems == (told,)
