"""What counts as a change of images' inputs: their bytes, not what git is told of them."""

import re
import subprocess
from pathlib import Path

import pytest

from ...git_trees import ENVIRONMENT, Tree, started


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return a repository with one commit on main."""
    made = started(tmp_path / "repository")
    made.write(".gitignore", "*.log\n")
    made.write("dags/api/dag.py", "code\n")
    (made.root / "dags/link.py").symlink_to("api/dag.py")
    made.commit()
    return made


# What leaves the status of git clean, and another file in the image.
HIDDEN = {
    "modes": "git config core.fileMode false; chmod 0777 dags/api/dag.py",
    "mode of the owner alone": "git config core.fileMode false; chmod 0744 dags/api/dag.py",
    "unchanged": "git update-index --assume-unchanged dags/api/dag.py; echo other > dags/api/dag.py",
    "skipped": "git update-index --skip-worktree dags/api/dag.py; echo other > dags/api/dag.py",
    "sparse": "git sparse-checkout set --no-cone '/*' '!/dags/api/dag.py'",
    "excluded": "mkdir -p .git/info; echo new.py > .git/info/exclude; touch dags/new.py",
    "ignored": "touch dags/new.log",
    "ignored elsewhere": "echo new.py > .git/all; git config core.excludesFile .git/all; touch dags/new.py",
    "line ends": "git config core.autocrlf true; rm dags/api/dag.py; git checkout -q -- dags; "
    "grep -q $(printf '\\r') dags/api/dag.py",
    "attributes": "mkdir -p .git/info; echo '*.py eol=crlf' > .git/info/attributes; rm dags/api/dag.py; "
    "git checkout -q -- dags",
    "links": "git config core.symlinks false; rm dags/link.py; git checkout -q -- dags; test -s dags/link.py",
    "a clone": "git init -q dags/shared; touch dags/shared/rates.py; echo shared > dags/.gitignore; "
    "git add dags/.gitignore; git commit -qm more",
}


@pytest.mark.parametrize("commands", HIDDEN.values(), ids=HIDDEN)
def test_a_change_counts_though_git_is_told_not_to_see_it(tree: Tree, commands: str) -> None:
    subprocess.run(["sh", "-ec", commands], env=ENVIRONMENT, cwd=tree.root, check=True)
    assert not tree.git("status", "--porcelain")
    (shown,) = tree.read().changed
    assert re.fullmatch(
        r"dags/\S+(?: \((?:executable, file in the commit|file, link in the commit|line ends)\))?", shown
    )


def test_what_no_image_has_is_no_change(tree: Tree) -> None:
    tree.write(".gitattributes", "*.sql eol=crlf\n*.id ident\n")
    tree.write("dags/api/a.sql", "select\n1\n")
    tree.write("dags/api/a.id", "$Id$\n")
    tree.write("dags/api/.idea/workspace.xml")  # it is tracked, and in no image all the same
    tree.commit()
    tree.git("rm", "-q", "--cached", "-r", "dags")
    tree.git("reset", "-q", "--hard")
    assert (tree.root / "dags/api/a.sql").read_bytes() == b"select\r\n1\r\n"
    assert len((tree.root / "dags/api/a.id").read_text()) > 40
    tree.write("dags/api/.idea/workspace.xml", "other")
    (tree.root / "dags/empty/deep").mkdir(parents=True)
    (tree.root / "dags/api/dag.py").chmod(0o600)
    for path in (".vscode/x", "node_modules/x/y.js", "env/pyvenv.cfg", "api/.git/config", ".dag.py.swp"):
        tree.write(f"dags/{path}", "x")
    assert tree.read().changed == ()


@pytest.fixture
def outer(tree: Tree, tmp_path: Path) -> Tree:
    """Return a repository that has another as a submodule among its DAGs."""
    made = started(tmp_path / "outer")
    made.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tree.root), "dags/sub")
    made.write("images/base.toml")
    made.commit()
    return made


def test_the_files_of_a_submodule_are_those_of_its_commit(outer: Tree) -> None:
    assert outer.read().changed == ()
    file = outer.write("dags/sub/dags/api/dag.py", "edited")
    outer.git("update-index", "--assume-unchanged", "dags/sub")
    assert outer.read().changed == ("dags/sub/dags/api/dag.py",)
    file.unlink()
    Tree(outer.root / "dags/sub").commit("committed, but only there")
    assert outer.read().changed == ("dags/sub/dags/api/dag.py",)


def test_a_submodule_that_is_not_checked_out_is_a_change_unless_the_build_refuses_it(outer: Tree) -> None:
    outer.git("submodule", "--quiet", "deinit", "--force", "dags/sub")
    assert outer.read().changed == ()
    (outer.root / ".gitmodules").unlink()
    assert "dags/sub/dags/api/dag.py" in outer.read().changed


@pytest.fixture
def larger(tmp_path: Path) -> Tree:
    """Return a larger repository, which has the project in a folder, and another one that looks like it."""
    made = Tree(started(tmp_path / "larger").root, "services/airflow")
    for folder in ("services/airflow", "examples"):
        made.write(f"{folder}/images/base.toml", "same")
        made.write(f"{folder}/images/api/pyproject.toml", folder)
        made.write(f"{folder}/dags/api/dag.py", f"code of {folder}")
    made.write("services/airflow/ci/module.py")
    made.write("services/web/index.html")
    made.commit()
    return made


@pytest.mark.parametrize("path", ["dags/api/nobody.py", "images/api/pyproject.toml", "ci/module.py"])
def test_in_a_larger_repository_paths_are_from_the_projects_folder(larger: Tree, path: str) -> None:
    assert larger.read().changed == ()
    for elsewhere in (
        "services/web/index.html",
        "services/web/dags/x.py",
        "dags/x.py",
        "examples/dags/api/dag.py",
    ):
        larger.write(elsewhere, "other")
    assert larger.read().changed == ()
    larger.write(f"services/airflow/{path}", "other")
    assert larger.read().changed == (path,)
    commit = larger.git("rev-parse", "HEAD").strip()
    assert larger.ask([commit])["folders"] == {commit: "services/airflow"}
