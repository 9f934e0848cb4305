"""The repository of somebody who uses the workflows: DAG types, a remote, and the lines that call them."""

import shutil
import subprocess
from pathlib import Path

from tests.workflows.runner import PROJECT

TYPES = ("api", "salesforce")
# What the docs tell to write; but for the signature, since no public authority is at hand.
WORKFLOW = (PROJECT / "docs" / "examples" / "github-images.yml").read_text()
RESCAN = """\
on: { schedule: [{ cron: "17 4 * * *" }] }
jobs:
  rescan:
    uses: acme/airflow-images/.github/workflows/rescan.yml@v1
    permissions: { actions: read, contents: read, packages: read, security-events: write }
"""
_SOMEBODY = ("-c", "user.name=somebody", "-c", "user.email=somebody@localhost")
SIGNED = "    with: { signing: key }\n    secrets: inherit\n"


class Repository:
    """A git working tree of owner/data with a first commit on main.

    Args:
        root: a folder that doesn't exist yet.
        owner: whose it is; its images lie under that name.
        registry: address of the registry that is published to.
        database: reference of the vulnerability database.
    """

    def __init__(self, root: Path, owner: str, registry: str, database: str) -> None:
        """Write the files and commit them."""
        self.root = root
        self.name = f"{owner}/data"
        litter = shutil.ignore_patterns("__pycache__")
        for name in TYPES:
            for tree in ("images", "dags"):
                shutil.copytree(PROJECT / tree / name, root / tree / name, ignore=litter)
        shutil.copy(PROJECT / "images" / "base.toml", root / "images")
        shutil.copytree(PROJECT / "scripts", root / "scripts", ignore=litter)
        for file in (each for each in (PROJECT / "dags").iterdir() if each.is_file()):
            shutil.copy(file, root / "dags")
        reference = f"{registry}/{{owner}}/de-airflow-pipeline-{{dag}}:{{version}}"
        self.write("images/publish.toml", f'[publish]\nreference = "{reference}"\n')
        self.write("images/policy.toml", f'[database]\nrepositories = ["{database}"]\n')
        self.write(".github/workflows/images.yml", WORKFLOW + SIGNED)
        self.write(".github/workflows/rescan.yml", RESCAN)
        self.write("README.md", "# Data\n")
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("remote", "add", "origin", f"https://github.com/{self.name}.git")
        self.commit("first")

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def append(self, path: str, text: str) -> None:
        """Add to a file."""
        self.write(path, (self.root / path).read_text() + text)

    def commit(self, message: str) -> str:
        """Commit everything; gives the commit."""
        self.git("add", "--all")
        self.git(*_SOMEBODY, "commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def merge(self, commit: str) -> None:
        """Merge a commit into what is checked out."""
        self.git(*_SOMEBODY, "merge", "--quiet", "--no-ff", "--message", "merge", commit)

    def git(self, *arguments: str) -> str:
        """Return the standard output of git, without the newline."""
        done = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def dag_file(self, name: str) -> str:
        """Path of a DAG file of a type."""
        return str(min((self.root / "dags" / name).rglob("*.py")).relative_to(self.root))
