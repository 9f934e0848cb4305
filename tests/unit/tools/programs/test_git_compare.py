"""Both states of a working tree: real repositories, made with git and read with libgit2."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ci.tools.programs import git_compare

from ...git_trees import Tree, copied, started

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 4\n"


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Make a repository with one commit on main and one on a branch, of which every test gets a copy."""
    made = started(tmp_path_factory.mktemp("second") / "repository")
    made.write("dags/api/dag.py", "code")
    made.write("README.md")
    made.commit("first")
    made.git("switch", "--quiet", "--create", "feature")
    made.write("dags/api/added.py", "added")
    made.commit("second")
    return made


@pytest.fixture
def tree(second: Tree, tmp_path: Path) -> Tree:
    """Give a repository with one commit on main, and a branch checked out that has another."""
    return copied(second, tmp_path)


def ask(tree: Tree, ref: str = "main") -> dict[str, Any]:
    """Return what the program answers."""
    file = tree.root.with_name("answer.json")
    git_compare.main([str(tree.root), str(tree.root / tree.project), ref, str(file)])
    return json.loads(file.read_text(encoding="utf-8"))


def entry(text: str, kind: str = "file") -> list[str]:
    return [kind, hashlib.sha256(text.encode()).hexdigest()]


def changed(answer: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """By path, what was there and what is; what is the same is left out."""
    old, new = answer["before"], answer["after"]
    both = {path: (old.get(path), new.get(path)) for path in sorted({*old, *new})}
    return {path: pair for path, pair in both.items() if pair[0] != pair[1]}


def test_both_states_are_told_with_the_commit_and_the_texts(tree: Tree) -> None:
    answer = ask(tree)
    assert answer == {
        "commit": tree.git("rev-parse", "main").strip(),
        "before": {"dags/api/dag.py": entry("code")},
        "after": {"dags/api/added.py": entry("added"), "dags/api/dag.py": entry("code")},
        "texts": {entry("code")[1]: "code", entry("added")[1]: "added"},
        "renames": {},
    }


def test_a_commit_can_be_named_in_many_ways(tree: Tree) -> None:
    tree.git("tag", "v1", "main")
    tree.git("tag", "--annotate", "--message=x", "annotated", "main")
    for name in ("main", "remote-only"):
        tree.git("update-ref", f"refs/remotes/origin/{name}", "main")
    commit = tree.git("rev-parse", "main").strip()
    refs = "main v1 annotated HEAD~1 origin/main remote-only refs/heads/main"
    named = dict.fromkeys((*refs.split(), commit, commit[:7]), commit)
    assert {ref: ask(tree, ref)["commit"] for ref in named} == named


def test_what_names_no_commit_is_told_with_the_names_there_are(tree: Tree) -> None:
    tree.git("tag", "of-a-tree", "HEAD^{tree}")
    tree.git("update-ref", "refs/remotes/origin/other", "main")
    told = {"lacks": "ref", "names": ["feature", "main", "of-a-tree", "origin/other"], "shallow": False}
    refs = ["mian", "", "main:dags", "HEAD~7", "0" * 40, "a..b", "of-a-tree", "-x", "\n"]
    assert {ref: ask(tree, ref) for ref in refs} == dict.fromkeys(refs, told)


def test_what_was_done_on_the_other_branch_meanwhile_is_no_change(tree: Tree) -> None:
    left = tree.git("rev-parse", "main").strip()
    tree.git("switch", "--quiet", "main")
    tree.write("dags/api/dag.py", "changed on main")
    tree.commit()
    tree.git("switch", "--quiet", "feature")
    answer = ask(tree)
    assert answer["commit"] == left
    assert list(changed(answer)) == ["dags/api/added.py"]


def test_what_is_not_committed_counts(tree: Tree) -> None:
    tree.commit()
    tree.write("dags/api/dag.py", "edited")
    tree.write("scripts/untracked.sh", "x").chmod(0o755)
    (tree.root / "dags/api/added.py").unlink()
    (tree.root / "dags/empty/deep").mkdir(parents=True)
    (tree.root / "images").mkdir()
    (tree.root / "images/link").symlink_to("nowhere")
    os.mkfifo(tree.root / "dags/empty/deep/pipe")  # no layer holds it
    tree.write("uv.lock", "x")
    litter = ("dags/__pycache__/x.py", "dags/x.pyc", "scripts/.DS_Store", "dags/left/__pycache__/x.pyc")
    for path in ("other.txt", "docs/x.md", *litter):
        tree.write(path, "x")
    assert changed(ask(tree, "HEAD")) == {
        "dags/api/added.py": (entry("added"), None),
        "dags/api/dag.py": (entry("code"), entry("edited")),
        "images/link": (None, ["link", "nowhere"]),
        "scripts/untracked.sh": (None, entry("x", "executable")),
        "uv.lock": (None, entry("x")),
    }


def test_modes_links_and_line_ends_are_as_git_writes_them(tree: Tree) -> None:
    tree.write(".gitattributes", "*.sql text eol=crlf\n")
    tree.write("dags/api/a.sql", "select\n1\n")
    tree.write("dags/run.sh", "x").chmod(0o755)
    (tree.root / "dags/link").symlink_to("api/dag.py")
    tree.commit()
    (tree.root / "dags/api/a.sql").unlink()
    tree.git("checkout", "dags")
    assert (tree.root / "dags/api/a.sql").read_bytes() == b"select\r\n1\r\n"
    found = ask(tree, "HEAD")
    assert found["before"] == found["after"]
    assert found["before"]["dags/run.sh"] == entry("x", "executable")
    assert found["before"]["dags/link"] == ["link", "api/dag.py"]


@pytest.mark.parametrize("staged", [False, True], ids=["untracked", "committed"])
def test_a_renamed_file_is_told_by_its_old_path(tree: Tree, staged: bool) -> None:  # noqa: FBT001
    text = "".join(f"line {number}\n" for number in range(20))
    tree.write("dags/api/long.py", text)
    tree.commit()
    tree.git("branch", "start")
    (tree.root / "dags/api/long.py").unlink()
    tree.write("dags/api/longer.py", f"{text}and more\n")
    if staged:
        tree.commit()
    assert ask(tree, "start")["renames"] == {"dags/api/longer.py": "dags/api/long.py"}


def test_a_file_of_git_lfs_is_what_its_pointer_points_to(tree: Tree) -> None:
    text = "data"
    tree.write(".gitattributes", "*.parquet filter=lfs\n")
    for name in ("kept.parquet", "changed.parquet", "plain.csv"):
        tree.write(f"dags/api/{name}", POINTER.format(digest=entry(text)[1]))
    tree.commit()
    tree.write("dags/api/kept.parquet", text)
    tree.write("dags/api/changed.parquet", "other")
    tree.write("dags/api/plain.csv", text)
    assert list(changed(ask(tree, "HEAD"))) == ["dags/api/changed.parquet", "dags/api/plain.csv"]


def test_a_submodule_is_the_files_of_its_commit_where_that_is_known(tree: Tree) -> None:
    tree.write(".gitmodules", '[submodule "sub"]\n\tpath = dags/sub\n')
    for commit in ("1" * 40, tree.git("rev-parse", "main").strip()):
        tree.git("update-index", "--add", "--cacheinfo", f"160000,{commit},dags/sub")
        tree.git("commit", "--quiet", "--message", "a submodule")
    (tree.root / "dags/sub").mkdir()
    assert changed(ask(tree, "HEAD")) == {}
    tree.write("dags/sub/README.md")
    tree.write("dags/sub/dags/api/dag.py", "edited")
    assert changed(ask(tree, "HEAD")) == {"dags/sub/dags/api/dag.py": (entry("code"), entry("edited"))}
    assert set(changed(ask(tree, "HEAD~1"))) == {"dags/sub/README.md", "dags/sub/dags/api/dag.py"}


def test_a_project_that_moved_with_its_files_is_unchanged(tree: Tree) -> None:
    tree.write("images/base.toml")
    tree.commit("the project at the root")
    (tree.root / "services/airflow").mkdir(parents=True)
    for folder in ("dags", "images"):
        (tree.root / folder).rename(tree.root / "services/airflow" / folder)
    tree.commit("the project in a folder")
    moved = Tree(tree.root, "services/airflow")
    assert changed(ask(moved, "HEAD~1")) == {}
    moved.write("services/airflow/dags/api/dag.py", "edited")
    moved.write("dags/api/dag.py", "of no project")
    assert list(changed(ask(moved, "HEAD~1"))) == ["dags/api/dag.py"]


def test_texts_are_decoded_as_python_does_and_what_can_not_be_is_left_out(tree: Tree) -> None:
    for name, content in {
        "latin.py": b"# coding: latin-1\nx = '\xe9'",
        "wrong.py": b"x = '\xe9'",
        "unknown.py": b"# coding: none\n",
        "escape.py": b"# coding: unicode_escape\n'\\ud800'",
        "broken_escape.py": b"# coding: unicode_escape\n'\\x'",
        "seven.py": b"# coding: utf-7\n+\xff",
        "undefined.py": b"# coding: undefined\n",
        "hex.py": b"# coding: hex\n",
        "bom.py": b"\xef\xbb\xbfx",
        "wrong.toml": b"\xff",
        "data.csv": b"x",
    }.items():
        (tree.root / "dags" / name).write_bytes(content)
    texts = set(ask(tree)["texts"].values())
    assert texts == {"code", "added", "# coding: latin-1\nx = 'é'", "x"}


def test_names_that_are_not_utf_8_stay_apart(tree: Tree) -> None:
    for name in (b"/\xff.sql", b"/\xfe.sql"):
        os.close(os.open(os.fsencode(tree.root / "dags") + name, os.O_CREAT))
    assert list(changed(ask(tree, "HEAD"))) == ["dags/\\xfe.sql", "dags/\\xff.sql"]


def test_unrelated_and_shallow_histories_have_no_common_commit(tree: Tree, tmp_path: Path) -> None:
    tree.git("switch", "--quiet", "--orphan", "other")
    tree.commit()
    assert ask(tree) == {"lacks": "ancestor", "names": ["feature", "main", "other"], "shallow": False}
    tree.git("switch", "--quiet", "feature")
    clone = Tree(tmp_path / "clone")
    tree.git("clone", "--quiet", "--depth=1", "--branch=feature", f"file://{tree.root}", str(clone.root))
    clone.git("fetch", "--quiet", "--depth=1", "origin", "main:main")
    found = {ref: ask(clone, ref) for ref in ("main", "HEAD~1")}
    assert {ref: (each["lacks"], each["shallow"]) for ref, each in found.items()} == {
        "main": ("ancestor", True),
        "HEAD~1": ("ref", True),
    }


def test_a_clone_without_its_files_is_told(tree: Tree) -> None:
    blob = tree.git("rev-parse", "main:dags/api/dag.py").strip()
    (tree.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    problem = ask(tree)["problem"]
    assert "is incomplete in this clone" in problem
    assert "git fetch --refetch --no-filter" in problem
