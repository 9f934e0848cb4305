"""Snapshots: paths and texts, through links too, and the message if nothing can be compared."""

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
}
SNAPSHOT = Snapshot(ENTRIES, {"1": "code"})
HEX = "a" * 40
EXPECTED = "a branch, a tag, a remote's branch (origin/main) or a commit (a1b2c3d, HEAD~1)"
NO_COMMIT = "--since 'mian' is not a commit of this repository"
UNRELATED = "--since 'mian' has no commit in common with what is checked out"
DEEPEN = (
    "this clone is shallow: fetch the whole history with git fetch --unshallow, "
    "or in GitHub Actions with fetch-depth: 0 of actions/checkout"
)


def test_paths_at_a_path_include_links_and_targets() -> None:
    cases = {
        "dags/one": {"dags/one/dag.py", "dags/one/deep/more.py"},
        "dags/one/dag.py": {"dags/one/dag.py"},
        "dags/one/deep": {"dags/one/deep/more.py"},
        "dags/none": set[str](),
        "dags/first": {"dags/first", "dags/second", "dags/one/dag.py", "dags/one/deep/more.py"},
        "dags/first/deep": {"dags/first", "dags/second", "dags/one/deep/more.py"},
        "dags/round": {"dags/round"},
        "dags/out/passwd": {"dags/out"},
    }
    assert {path: SNAPSHOT.paths_at(path) for path in cases} == cases


def test_text_is_read_through_links() -> None:
    cases = {
        "dags/one/dag.py": "code",
        "dags/second/dag.py": "code",
        "dags/one.py": None,
        "none": None,
    }
    assert {path: SNAPSHOT.text(path) for path in cases} == cases


def test_the_answer_of_the_program_is_compared() -> None:
    answer = {
        "commit": HEX,
        "before": {"dags/a.py": ["file", "1"], "dags/b.py": ["file", "2"], "dags/c.py": ["file", "3"]},
        "after": {"dags/a.py": ["executable", "1"], "dags/b.py": ["file", "2"], "dags/d.py": ["file", "3"]},
        "texts": {"2": "text"},
        "renames": {"dags/d.py": "dags/c.py"},
    }
    comparison = parse(json.dumps(answer), "main")
    assert (comparison.since, comparison.commit, comparison.renames) == ("main", HEX, answer["renames"])
    assert comparison.changed() == {"dags/a.py", "dags/c.py", "dags/d.py"}
    assert comparison.before.text("dags/b.py") == comparison.after.text("dags/b.py") == "text"


def test_a_failed_comparison_says_what_to_do() -> None:
    for answer, message in (
        ({"problem": "no repository"}, "no repository"),
        ({"lacks": "ref", "names": ["main", "v1"]}, f"{NO_COMMIT}: did you mean 'main'? Expected {EXPECTED}"),
        ({"lacks": "ref", "shallow": True}, f"{NO_COMMIT}: expected {EXPECTED}: {DEEPEN}"),
        ({"lacks": "ancestor"}, f"{UNRELATED}: name a branch or commit that this branch started from"),
        ({"lacks": "ancestor", "shallow": True}, f"{UNRELATED}: {DEEPEN}"),
    ):
        with pytest.raises(ConfigurationError) as error:
            parse(json.dumps(answer), "mian")
        assert error.value.problems == (message,)
