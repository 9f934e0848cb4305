"""Litter of tools among DAGs and scripts: found by name or content at any depth, and removed."""

from pathlib import Path

from ci.tools.checkout import LITTER
from ci.tools.programs import litter

NAMED = (
    *(f"x/{name}/config" for name in (".git", ".hg", ".svn", ".bzr", "_darcs", ".jj", ".idea", ".vscode")),
    *(f"x/{name}/a" for name in (".venv", "node_modules", ".mypy_cache", ".ruff_cache", ".pytest_cache")),
    *(f"x/{name}/a" for name in (".terraform", ".ipynb_checkpoints", ".tox", ".dvc")),
    *("sub/.git", "x/.dag.py.swp", "x/dag.py~", "x/#dag.py#", "x/Thumbs.db", "x/._dag.py"),
    *("x/env/pyvenv.cfg", "x/conda/conda-meta/history", "x/any/CACHEDIR.TAG"),
)
MARKED = (
    *(f"x/shared.git/{name}" for name in ("HEAD", "config", "objects/a", "refs/a")),
    *(f"x/CVS/{name}" for name in ("Entries", "Repository", "Root")),
)
UNNAMED = ("x/__pycache__/dag.pyc", "x/old.pyc", "x/.DS_Store")
KEPT = (
    "x/dag.py",
    "x/.airflowignore",
    "x/.gitkeep",
    "x/git/HEAD",
    "x/CVS.csv",
    "x/venv/a.py",
    "x/.env/a",
    "CVS/a",
)


def test_litter_is_removed_and_told_and_all_else_stays(tmp_path: Path) -> None:
    for path in (*NAMED, *MARKED, *UNNAMED, *KEPT):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    kept = {tmp_path / path for path in KEPT}
    assert set(litter.files(tmp_path)) == kept
    told = {path.relative_to(tmp_path).as_posix() for path in litter.remove(tmp_path)}
    files = {path for path in NAMED if path.startswith("sub") or path.count("/") == 1}
    folders = {"/".join(path.split("/")[:2]) for path in (*NAMED, *MARKED) if path not in files}
    assert told == files | folders
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == kept


def test_what_a_clone_keeps_is_not_uploaded_but_the_folder_is_seen() -> None:
    assert "**/.git/*" in LITTER
    assert "**/.git" not in LITTER
