"""The repository's folders as the module gets them, and what is read of them: catalog, locks, files."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable, Coroutine, Hashable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import dagger
from dagger import DefaultPath, Doc, Ignore, dag

from ..config import catalog, lockfile
from ..config.catalog import Catalog
from ..config.dag_type import DagType
from ..config.lockfile import Lock
from .engine import as_function_error

T = TypeVar("T")

LITTER = ["**/__pycache__", "**/*.pyc", "**/.DS_Store"]

# The only places that say which files of the repository are wanted; a function's inputs are its cache key.
# One folder for all three, for a repository may lack scripts/ and a default path must be there.
Source = Annotated[
    dagger.Directory,
    DefaultPath("/"),
    Doc("The repository: images/, dags/ and scripts/ are read of it"),
    Ignore(["*", "!images", "!dags", "!scripts", *LITTER]),
]
Netrc = Annotated[
    dagger.Secret | None, Doc("Logins for package indexes, as a netrc file: file://$HOME/.netrc")
]


class Sources:
    """images/, dags/ and scripts/: read once, in one call, into a folder of the module's own container.

    ``netrc`` has the logins for package indexes, where any are needed.
    """

    def __init__(self, tree: dagger.Directory, netrc: dagger.Secret | None = None) -> None:
        self._tree = tree
        self.netrc = netrc
        self._root: Path | None = None
        self._known: dict[Hashable, asyncio.Future[Any]] = {}

    async def root(self) -> Path:
        """The folder that holds images/, dags/ and scripts/ as plain files."""
        if self._root is None:
            root = Path(tempfile.mkdtemp(prefix="airflow-images-"))
            await self._tree.export(str(root))
            self._root = root
        return self._root

    async def once(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What is made of these sources under a key: made by the first who asks, known to all others."""
        if key not in self._known:
            self._known[key] = asyncio.ensure_future(make())
        return await self._known[key]

    async def catalog(self) -> Catalog:
        """All DAG types."""
        return await self.once("catalog", self._catalog)

    async def _catalog(self) -> Catalog:
        return catalog.load(await self.root())

    async def text(self, path: str) -> str | None:
        """The text of a file, by its path from the repository's root; None where there is none.

        Raises:
            ConfigurationError: it isn't UTF-8.
        """
        file = await self.root() / path
        return catalog.text_of(file, path) if file.is_file() else None

    async def lock(self, dag_type: DagType, base: str) -> Lock:
        """The lock of a DAG type, made for that base; raises ConfigurationError where it isn't."""
        return lockfile.read(dag_type, base, await self.text(f"images/{dag_type.name}/{lockfile.NAME}"))

    def with_locks(self, texts: Mapping[str, str]) -> dagger.Directory:
        """The repository with other locks, by the types' names; what is read here stays as it is."""
        tree = self._tree
        for name, text in texts.items():
            tree = tree.with_new_file(f"images/{name}/{lockfile.NAME}", text)
        return tree

    async def dag_files(self, dag_type: DagType) -> dagger.Directory:
        """The type's DAG code, at the paths it has below dags/."""
        return await self._chosen("dags", dag_type.dag_paths)

    async def ignore_file(self) -> dagger.File | None:
        """dags/.airflowignore, which counts for all types; None where there is none."""
        path = "dags/.airflowignore"
        return self._tree.file(path) if (await self.root() / path).is_file() else None

    async def script_files(self, dag_type: DagType) -> dagger.Directory:
        """The type's scripts, at the paths they have below scripts/."""
        return await self._chosen("scripts", dag_type.script_paths)

    def close(self) -> None:
        """Remove the folder."""
        if self._root is not None:
            shutil.rmtree(self._root)
            self._root = None

    async def _chosen(self, tree: str, paths: Iterable[str]) -> dagger.Directory:
        chosen = dag.directory()
        for path in paths:
            if (await self.root() / tree / path).is_dir():
                chosen = chosen.with_directory(path, self._tree.directory(f"{tree}/{path}"))
            else:
                chosen = chosen.with_file(path, self._tree.file(f"{tree}/{path}"))
        return chosen


@asynccontextmanager
async def read(tree: dagger.Directory, netrc: dagger.Secret | None = None) -> AsyncGenerator[Sources]:
    """The sources for the time of one call; faults in it become its text."""
    sources = Sources(tree, netrc)
    with as_function_error():
        try:
            yield sources
        finally:
            sources.close()
