"""What git says of a working tree: real repositories, made with git and read with libgit2."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from ci.config.revision import Revision
from ci.tools.programs import git_compare

from ...git_trees import ENVIRONMENT, Tree, copied, started

UNKNOWN = "0" * 40


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Make a repository with one commit on main, of which every test gets a copy."""
    made = started(tmp_path_factory.mktemp("first") / "repository")
    made.write(".gitignore", "*.log\n")
    made.write("dags/api/dag.py", "code")
    made.write("README.md")
    made.commit("first")
    return made


@pytest.fixture
def tree(first: Tree, tmp_path: Path) -> Tree:
    """Give a repository with one commit on main."""
    return copied(first, tmp_path)


def test_a_clean_tree_is_its_commit(tree: Tree) -> None:
    known = {"created": 1_700_000_000, "branch": "main", "tags": (), "changed": (), "merged": True}
    unknown = {"pull": False, "remote": None, "dirty": None, "shallow": False}
    commit = tree.git("rev-parse", "HEAD").strip()
    assert tree.read() == Revision.model_validate({"commit": commit, **known, **unknown})


def test_without_an_index_a_clean_tree_is_clean_and_an_edited_one_is_not(tree: Tree) -> None:
    (tree.root / ".git/index").unlink()
    assert tree.read().dirty is None
    tree.write("dags/api/dag.py", "changed")
    assert tree.read().changed == ("dags/api/dag.py",)


@pytest.mark.parametrize("path", ["dags/new.py", "scripts/x/new.sh", "images/api/pylock.toml", "ci/new.py"])
@pytest.mark.parametrize("staged", [False, True], ids=["untracked", "staged"])
def test_a_new_file_that_can_get_into_an_image_is_a_change(tree: Tree, path: str, staged: bool) -> None:  # noqa: FBT001
    tree.write(path, "x")
    tree.write("dags/api/run.log", "x")  # that git ignores an image's file doesn't keep it out
    tree.git("add", *(["--all"] if staged else ["--dry-run", "."]))
    assert set(tree.read().changed) == {"dags/api/run.log", path}


def test_a_new_file_elsewhere_and_litter_are_no_change(tree: Tree) -> None:
    for path in ("new.txt", "docs/new.md", "run.log", "dagsx/new.py"):
        tree.write(path, "x")
    for litter in ("dags/__pycache__/x.py", "dags/api/x.pyc", "dags/.DS_Store"):
        tree.write(litter, "x")
    assert tree.read().dirty is None


def test_an_edited_or_removed_file_is_a_change_if_images_are_made_of_it_or_by_it(tree: Tree) -> None:
    tree.write("uv.lock")
    tree.commit()
    paths = ("dags/api/dag.py", "uv.lock")
    for path in (*paths, "README.md", ".gitignore"):
        tree.write(path, "other")
    edited = tree.read()
    for path in paths:
        (tree.root / path).unlink()
    removed = tree.read()
    assert edited.changed == removed.changed == paths
    assert edited.dirty != removed.dirty


def test_modes_targets_of_links_and_kinds_are_changes(tree: Tree) -> None:
    (tree.root / "dags/link.py").symlink_to("api/dag.py")
    tree.commit()
    assert tree.read().dirty is None
    (tree.root / "dags/api/dag.py").chmod(0o755)
    (tree.root / "dags/link.py").unlink()
    (tree.root / "dags/link.py").symlink_to("api/other.py")
    assert tree.read().changed == ("dags/api/dag.py (executable, file in the commit)", "dags/link.py")
    (tree.root / "dags/api/dag.py").unlink()
    (tree.root / "dags/api").rmdir()
    tree.write("dags/api", "a file in place of a folder")
    assert tree.read().changed == ("dags/api", "dags/api/dag.py", "dags/link.py")


def test_of_many_changes_ten_are_named_in_order(tree: Tree) -> None:
    os.close(os.open(os.fsencode(tree.root / "dags") + b"/\xff.py", os.O_CREAT))
    assert tree.read().changed == ("dags/\ufffd.py",)
    for number in range(12):
        tree.write(f"dags/{number:02}.py")
    assert tree.read().changed == tuple(f"dags/{number:02}.py" for number in range(10))


def test_the_same_changes_have_the_same_hash_and_others_another(tree: Tree) -> None:
    def state(path: str, text: str) -> str | None:
        file = tree.write(path, text)
        dirty = tree.read().dirty
        file.unlink()
        return dirty

    changes = (("dags/a.py", "1"), ("dags/a.py", "2"), ("dags/b.py", "1"))
    first = {change: state(*change) for change in changes}
    assert {change: state(*change) for change in changes} == first
    assert len(set(first.values())) == 3
    tree.commit("another, with the same files")
    assert not {state(*change) for change in changes} & set(first.values())


def test_all_tags_at_the_commit_are_told_and_no_others(tree: Tree) -> None:
    tree.git("tag", "old")
    tree.git("tag", "--annotate", "--message=x", "old-annotated")
    tree.write("dags/b.py")
    tree.commit()
    for name, *options in (("v1.0.0",), ("api/v2.0.0", "--annotate", "--message=x")):
        tree.git("tag", *options, name)
    tree.git("tag", "--annotate", "--message=x", "tag-of-tag", "api/v2.0.0")
    tree.git("tag", "of-a-tree", "HEAD^{tree}")
    tree.git("pack-refs", "--all")
    tree.git("tag", "loose")
    assert tree.read().tags == ("api/v2.0.0", "loose", "tag-of-tag", "v1.0.0")


@pytest.mark.parametrize("ref", ["refs/tags/v1.0.0", "refs/pull/7/head", "refs/remotes/pull/7/merge"])
def test_a_reference_that_leads_nowhere_is_passed_over(tree: Tree, ref: str) -> None:
    tree.git("symbolic-ref", ref, "refs/heads/gone")
    (tree.root / ".git/refs/tags/gone").write_text(f"{UNKNOWN}\n")
    tree.git("tag", "there")
    found = tree.read()
    assert (found.tags, found.pull) == (("there",), False)


def test_main_has_what_is_merged_into_it_here_or_on_the_remote(tree: Tree, tmp_path: Path) -> None:
    tree.git("switch", "--quiet", "--create", "side")
    tree.commit("aside")
    before = tree.read().merged
    clone = Tree(tmp_path / "clone")
    tree.git("clone", "--quiet", "--branch=side", f"file://{tree.root}", str(clone.root))
    on_remote = [clone.read().merged]
    tree.git("branch", "--force", "main", "side")
    clone.git("fetch", "--quiet")
    on_remote.append(clone.read().merged)
    shallow = Tree(tmp_path / "shallow")
    tree.git("commit", "--quiet", "--allow-empty", "--message=more")
    tree.git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{tree.root}", str(shallow.root))
    without = [shallow.read().merged]
    tree.git("branch", "--delete", "--force", "main")
    without.append(tree.read().merged)
    assert (before, on_remote, without) == (False, [False, True], [None, None])


def test_the_branch_is_told_by_its_whole_name(tree: Tree) -> None:
    for name in ("develop", "feature/PROJ-1/übung"):
        tree.git("switch", "--quiet", "--create", name)
        assert tree.read().branch == name
    tree.git("checkout", "--quiet", "--detach")
    assert tree.read().branch is None


@pytest.mark.parametrize("ref", ["refs/remotes/pull/7/merge", "refs/pull/7/head"])
def test_a_pull_request_is_known_by_its_ref_at_a_detached_head(tree: Tree, ref: str) -> None:
    tree.git("update-ref", ref, "HEAD")
    on_branch = tree.read().pull
    tree.git("checkout", "--quiet", "--detach")
    detached = tree.read().pull
    tree.commit()
    assert [on_branch, detached, tree.read().pull] == [False, True, False]


def test_the_remote_origin_is_told_whatever_others_there_are(tree: Tree) -> None:
    tree.git("remote", "add", "other", "https://example.com/other.git")
    assert tree.read().remote is None
    tree.git("remote", "add", "origin", "git@example.com:acme/dags.git")
    assert tree.read().remote == "git@example.com:acme/dags.git"


def test_a_commit_descends_from_itself_and_its_ancestors_alone(tree: Tree) -> None:
    first = tree.commit()
    tree.git("branch", "side")
    second = tree.commit()
    tree.git("switch", "--quiet", "side")
    aside = tree.commit("aside")
    tree.git("switch", "--quiet", "main")
    assert tree.descends(first, second, aside, UNKNOWN) == [True, True, False, None]


def test_a_commit_knows_its_time_and_those_that_come_after_it(tree: Tree) -> None:
    first = tree.git("rev-parse", "HEAD").strip()
    second, third = tree.commit(), tree.commit()
    tree.git("switch", "--quiet", "--detach", second)
    told = tree.ask([first, second, third, UNKNOWN])
    assert told["later"] == [third]
    assert told["times"] == dict.fromkeys([first, second, third], 1_700_000_000)


def test_what_a_label_says_may_be_no_commit_at_all(tree: Tree) -> None:
    head = tree.git("rev-parse", "HEAD").strip()
    tree_of_head = tree.git("rev-parse", "HEAD^{tree}").strip()
    said = ["unknown", f"{head}-dirty", tree_of_head, "-x", "", head[:7], head.upper()]
    assert tree.descends(*said) == [None] * len(said)
    assert tree.ask(said)["times"] == {}


def test_a_shallow_clone_cannot_tell_what_it_does_not_descend_from(tree: Tree, tmp_path: Path) -> None:
    first = tree.git("rev-parse", "HEAD").strip()
    second = tree.commit()
    tree.git("switch", "--quiet", "--create", "side")
    aside = tree.commit("aside")
    clone = Tree(tmp_path / "clone")
    tree.git("clone", "--quiet", "--depth=1", "--branch=main", f"file://{tree.root}", str(clone.root))
    clone.git("fetch", "--quiet", "--depth=1", "origin", "side")
    found = clone.read()
    assert (found.shallow, found.commit, found.branch, found.dirty) == (True, second, "main", None)
    assert clone.descends(second, first, aside) == [True, None, None]


@pytest.mark.parametrize(
    ("commands", "told"),
    [
        ("rm -rf .git", "this folder has no .git: if it is in a larger repository, "),
        ("rm -rf .git; git init --quiet", "the repository has no commits yet: commit first"),
        ("rm .git/HEAD", "this folder's .git can't be read as a repository: "),
        (
            "git worktree add --quiet ../linked; rm -r .git; cp ../linked/.git .git",
            "this is a linked worktree, ",
        ),
    ],
    ids=["none", "unborn", "broken", "worktree"],
)
def test_where_nothing_can_be_read_it_is_told(tree: Tree, commands: str, told: str) -> None:
    subprocess.run(["sh", "-ec", commands], env=ENVIRONMENT, cwd=tree.root, check=True)
    compared = tree.root.with_name("compared.json")
    git_compare.main([str(tree.root), str(tree.root), "main", str(compared)])
    for answer in (tree.ask(), json.loads(compared.read_text())):
        assert list(answer) == ["problem"]
        assert answer["problem"].startswith(told)
