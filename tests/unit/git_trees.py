"""Working trees of git for tests: made once, copied for each test, and asked about."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci.config.revision import Revision
from ci.tools.programs import git

from .repository import Repository

# Nothing of the person or machine that runs the tests, and one time for all commits.
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_NAME": "A" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "a@b.example" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_DATE": "1700000000 +0200" for who in ("AUTHOR", "COMMITTER")},
}


@dataclass(frozen=True)
class Tree:
    """A working tree, whose ``project`` is the folder of the DAG types."""

    root: Path
    project: str = ""

    def git(self, *arguments: str) -> str:
        """Run git in it."""
        command = ["git", "-C", str(self.root), *arguments]
        return subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout

    def write(self, path: str, text: str = "") -> Path:
        """Write a file, with the folders that lead to it."""
        return Repository(self.root).write(path, text)

    def commit(self, message: str = "more") -> str:
        """Commit all that is there; gives the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def ask(self, commits: Sequence[str] = ()) -> dict[str, Any]:
        """Return what the program answers."""
        file = self.root.with_name("answer.json")
        git.main([str(self.root), str(self.root / self.project), str(file), *commits])
        return json.loads(file.read_text(encoding="utf-8"))

    def read(self) -> Revision:
        """Return what the program says of HEAD, as the module takes it."""
        return Revision.model_validate(self.ask()["revision"])

    def descends(self, *commits: str) -> list[bool | None]:
        """Return what the program says of each commit."""
        told = self.ask(commits)["descends"]
        return [told[commit] for commit in commits]


def started(root: Path) -> Tree:
    """Make a repository without a commit."""
    made = Tree(root)
    root.mkdir()
    made.git("init", "--quiet", "--initial-branch=main", "--template=")
    return made


def copied(tree: Tree, folder: Path) -> Tree:
    """Copy a repository with its times, so that its index stays true."""
    return Tree(shutil.copytree(tree.root, folder / "repository", symlinks=True))
