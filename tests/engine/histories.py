"""Git repositories of two small DAG types without packages, as a user has them on disk."""

import uuid
from pathlib import Path
from typing import Any

import dagger
import pygit2
from dagger import dag

from ci.checks.dags import all_types
from ci.checks.scan.database import DatabaseRequest
from ci.config import base as config_base
from ci.config import lockfile
from ci.publish import publish
from ci.publish.context import Request
from ci.publish.gate import Test
from ci.publish.plan import PlanRequest
from ci.publish.publication import Publication, Row
from ci.tools.checkout import Checkout
from ci.tools.registry import Access
from tests.engine import advisories
from tests.engine.conftest import BASE_FILE, BASE_REFERENCE

DAG = "from airflow.sdk import DAG\n\nwith DAG('{name}'):\n    pass\n"
PYPROJECT = '[project]\nname = "{name}"\nversion = "1"\ndependencies = []\n'
LOCK = (
    'lock-version = "1.0"\ncreated-by = "a test"\npackages = []\n\n[tool.airflow-images]\nbase = "{base}"\n'
)


class History:
    """A repository in a folder, with two DAG types, ``one`` and ``two``."""

    def __init__(self, folder: Path, owner: str = "", test: Test = all_types.test_images) -> None:
        """Make the repository.

        Args:
            folder: where.
            owner: whose repositories of a registry it is published to; empty: the remote's, ``example``.
            test: what the gate of a publish tests images with.
        """
        self._folder, self._owner, self._test = folder, owner, test
        self._git = pygit2.init_repository(str(folder), initial_head="main")
        self._git.remotes.create("origin", "https://github.com/Example/flows.git")
        self.write(config_base.FILE, BASE_FILE)
        for name in ("one", "two"):
            lock = LOCK.format(base=lockfile.base_name(BASE_REFERENCE))
            self.write(f"images/{name}/pyproject.toml", PYPROJECT.format(name=name))
            self.write(f"images/{name}/{lockfile.NAME}", lock)
            self.write(f"dags/{name}/{name}_dag.py", DAG.format(name=name))
        self.commit()

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        place = self._folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def commit(self) -> str:
        """Commit everything to main; gives the commit."""
        self._git.index.add_all()
        self._git.index.write()
        who = pygit2.Signature("A Test", "test@example.com", 1_700_000_000, 0)
        parents = [] if self._git.head_is_unborn else [self._git.head.target]
        tree = self._git.index.write_tree()
        return str(self._git.create_commit("HEAD", who, who, "A change", tree, parents))

    def tag(self, name: str) -> None:
        """Put a git tag here, wherever it was."""
        self._git.references.create(f"refs/tags/{name}", self._git.head.target, force=True)

    def untag(self, name: str) -> None:
        """Remove a git tag."""
        self._git.references.delete(f"refs/tags/{name}")

    def directory(self) -> dagger.Directory:
        """Return the repository as it is now."""
        return dag.host().directory(str(self._folder), no_cache=True)

    async def publish(
        self,
        registry: str,
        access: Access,
        name: str = "",
        *,
        ref: str = "",
        **asked: Any,  # noqa: ANN401 - fields of Request
    ) -> Publication:
        """Publish a DAG type, or both, as ``dagger call publish`` does; with a database that knows nothing.

        Raises:
            CheckError: one of them failed.
        """
        repository = self.directory()
        checkout = Checkout(repository)
        try:
            plan = await publish.plan(
                checkout,
                repository,
                PlanRequest(dag_type=name, registry=registry, owner=self._owner, ref=ref),
            )
            usual: dict[str, Any] = {
                "platforms": (),
                "database": DatabaseRequest(archive=advisories.archive(())),
            }
            request = Request(**{**usual, **asked}, access=access, test=self._test)
            return publish.require_success(await publish.publish(plan, request, checkout, repository))
        finally:
            checkout.close()


def only(publication: Publication) -> Row:
    """Return the row of a publish of one DAG type."""
    (row,) = publication.rows
    return row


def secret(value: str) -> dagger.Secret:
    """Return a secret of that value."""
    return dag.set_secret(f"secret-{uuid.uuid4().hex}", value)
