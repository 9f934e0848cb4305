"""What the tests of events share: a repository with its history, an engine, a registry, GitHub's API."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import uuid
from pathlib import Path
from typing import Any, ClassVar

from tests.workflows.api import TOKEN, Api
from tests.workflows.registry import Registry
from tests.workflows.repository import Repository
from tests.workflows.runner import PROJECT, Run, Runner

NO_COMMIT = "0" * 40
PASSWORD = "made up"  # noqa: S105


def engine() -> tuple[str, dict[str, str]]:
    """Return the registry's address, and what jobs must know to reach the engine that airgap has started."""
    subprocess.run([sys.executable, "-m", "airgap", "up"], cwd=PROJECT, check=True)
    told = subprocess.run(
        [sys.executable, "-m", "airgap", "status"], cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout
    registry = re.search(r"^registry .* answers at (\S+)", told, flags=re.MULTILINE)
    assert registry, f"no registry answers:\n{told}"
    instance = Path("/run/airflow-images", os.environ.get("AIRGAP_INSTANCE", "default"))
    dagger = Path((instance / "engine").read_text().splitlines()[2])
    return registry[1], {
        "DAGGERW": "path",
        "PATH": f"{dagger.parent}:{os.environ['PATH']}",
        "_EXPERIMENTAL_DAGGER_RUNNER_HOST": f"unix://{instance}/socket/engine.sock",
        "DAGGER_PROGRESS": "dots",
        "NO_COLOR": "1",
    }


class Scene(unittest.TestCase):
    """One repository, and what happens to it; made once for all tests of a class."""

    registry: ClassVar[Registry]
    repository: ClassVar[Repository]
    runner: ClassVar[Runner]
    api: ClassVar[Api]
    secrets: ClassVar[dict[str, str]]
    owner: ClassVar[str]
    scratch: ClassVar[Path]
    environment: ClassVar[dict[str, str]]

    @classmethod
    def setUpClass(cls) -> None:
        address, cls.environment = engine()
        cls.scratch = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.owner = f"acme-{uuid.uuid4().hex[:8]}"
        cls.registry = Registry(address)
        database = cls.registry.vouch(f"{cls.owner}/advisories")
        cls.repository = Repository(cls.scratch / "data", cls.owner, address, database)
        cls.runner = Runner(cls.repository.root, cls.scratch, cls.environment)
        cls.api = Api()
        cls.addClassCleanup(cls.api.close)
        cls.secrets = {"GITHUB_TOKEN": TOKEN, "COSIGN_PASSWORD": PASSWORD, "COSIGN_PRIVATE_KEY": cls.key()}

    @classmethod
    def key(cls) -> str:
        """Make a private key; its public one lies beside it."""
        keygen = ("registry", "keygen", "--password", "env://COSIGN_PASSWORD")
        cls.daggerw("call", *keygen, "export", "--path", str(cls.scratch / "keys"))
        (private,) = (cls.scratch / "keys").glob("*.key")
        return private.read_text()

    @classmethod
    def daggerw(cls, *arguments: str) -> str:
        """Return the standard output of a call that a person makes in the repository."""
        environment = {**os.environ, **cls.environment, "COSIGN_PASSWORD": PASSWORD}
        done = subprocess.run(
            [str(PROJECT / "daggerw"), *arguments],
            cwd=cls.repository.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr[-3000:]}"
        return done.stdout

    def payload(self, **told: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        about = {"full_name": self.repository.name, "default_branch": "main"}
        return {"repository": about, **told}

    def pushed(self, ref: str = "refs/heads/main", before: str = NO_COMMIT) -> Run:
        after = self.repository.git("rev-parse", "HEAD")
        return self.runner.run(
            "push", self.payload(ref=ref, before=before, after=after), secrets=self.secrets
        )

    def requested(self, base: str, head: str | None = None, main: str | None = None) -> Run:
        """Run a pull request from the branch that is checked out, of this repository or a fork.

        Args:
            base: what GitHub says that it starts from.
            head: the repository whose branch it is; empty: this one.
            main: what main has come to meanwhile, into which GitHub merges it for the run.
        """
        payload = self.request(base, head or self.repository.name)
        self.repository.git("update-ref", "refs/remotes/origin/main", main or base)
        if main is None:
            return self.runner.run("pull_request", payload, secrets=self.secrets)
        self.repository.git("switch", "--quiet", "--detach")
        try:
            self.repository.merge(main)
            return self.runner.run("pull_request", payload, secrets=self.secrets)
        finally:
            self.repository.git("switch", "--quiet", "-")

    def request(self, base: str, head: str) -> dict[str, Any]:
        about = {
            "number": 7,
            "comments_url": self.api.address,
            "head": {"sha": self.repository.git("rev-parse", "HEAD"), "repo": {"full_name": head}},
            "base": {"ref": "main", "sha": base, "repo": {"full_name": self.repository.name}},
        }
        return self.payload(number=7, pull_request=about)

    def published(self, ref: str) -> dict[str, str]:
        """Publish api as a job does, without a signature; gives the tags that stayed, and why."""
        given = ("publish", "--source", ".", "--repository", ".", "--dag", "api", "--ref", ref)
        told = json.loads(self.daggerw("call", *given, "--format", "json"))
        return told["images"][0]["left"]

    def images(self, name: str) -> dict[str, str]:
        return self.registry.images(f"{self.owner}/de-airflow-pipeline-{name}")

    def all_images(self) -> dict[str, dict[str, str]]:
        return {name: self.images(name) for name in ("api", "salesforce")}

    def legs(self, run: Run) -> list[str]:
        """Return the DAG types that had a job of their own."""
        return sorted(
            line for call in run.made(" publish ") for line in re.findall(r"--dag (\S+)", call.arguments)
        )

    def succeeded(self, run: Run) -> None:
        self.assertTrue(run.passed, run.faults)
