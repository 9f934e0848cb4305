"""The project's folders as a function of the module gets them: catalog, locks and files."""

import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable, Coroutine, Hashable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import dagger
from dagger import dag

from ..config import base, catalog, lockfile
from ..config.catalog import Catalog
from ..config.dag_type import DagType
from ..config.lockfile import Lock
from .engine import as_function_error, retrying
from .memo import Memo
from .programs import litter
from .sources import LITTER, TREES

T = TypeVar("T")


class Checkout:
    """The images/, dags/ and scripts/ of a repository, for one call.

    ``netrc`` has the logins for package indexes, where any are needed.
    """

    def __init__(self, tree: dagger.Directory, netrc: dagger.Secret | None = None) -> None:
        include = [*TREES, ".gitmodules"]
        self.tree = dag.directory().with_directory("", tree, include=include, exclude=LITTER)
        self.netrc = netrc
        self._folder: Path | None = None
        self._litter: list[str] = []
        self._memo = Memo()

    async def exported(self) -> Path:
        """Return a folder with images/, dags/ and scripts/ as plain files, without litter; made once."""
        return await self.memoized("exported", self._export)

    async def _export(self) -> Path:
        self._folder = Path(tempfile.mkdtemp(prefix="airflow-images-"))
        await self.tree.export(str(self._folder))
        self._litter = [path.relative_to(self._folder).as_posix() for path in litter.remove(self._folder)]
        return self._folder

    async def left_out(self, dag_type: DagType) -> list[str]:
        """Return the paths of litter among a type's files."""
        paths = [f"{tree}/{path}" for tree, names in dag_type.paths.items() for path in names]
        return [f"{path}/{inside}" for path in paths for inside in await self._litter_in(path)]

    async def _litter_in(self, path: str) -> list[str]:
        """Return the paths of litter in a folder, from there; the folder may be a link."""
        folder = await self.exported()
        top = (folder / path).resolve()
        paths = [folder.resolve() / name for name in self._litter]
        return [name.relative_to(top).as_posix() for name in paths if name.is_relative_to(top)]

    async def memoized(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return the value that belongs to a key; ``make`` is called by the first caller alone."""
        return await self._memo.get(key, make)

    async def catalog(self) -> Catalog:
        """Return all DAG types."""
        return await self.memoized("catalog", self._catalog)

    async def _catalog(self) -> Catalog:
        return catalog.load(await self.exported())

    async def text(self, path: str) -> str | None:
        """Return a file's text, None if it doesn't exist; raise ConfigurationError unless it is UTF-8."""
        file = await self.exported() / path
        return catalog.text_of(file, path) if file.is_file() else None

    async def base_reference(self) -> str:
        """Return the reference of the base image; raise ConfigurationError if images/base.toml names none."""
        return base.parse(await self.text(base.FILE)).reference

    async def lock(self, dag_type: DagType, base: str) -> Lock:
        """Return the lock of a DAG type; raises ConfigurationError if it was made for another base."""
        return lockfile.read(dag_type, base, await self.text(f"images/{dag_type.name}/{lockfile.NAME}"))

    def with_locks(self, texts: Mapping[str, str]) -> dagger.Directory:
        """Return the repository with other locks, by the types' names; the checkout stays as it is."""
        paths = {f"images/{name}/{lockfile.NAME}": text for name, text in texts.items()}
        return with_files(self.tree, paths)

    async def dag_files(self, dag_type: DagType) -> dagger.Directory:
        """Return the type's DAG code, at its paths under dags/."""
        return await self._subtree("dags", dag_type.dag_paths)

    async def ignore_file(self) -> dagger.File | None:
        """Return dags/.airflowignore, which counts for all types; None if it doesn't exist."""
        path = "dags/.airflowignore"
        return self.tree.file(path) if (await self.exported() / path).is_file() else None

    async def script_files(self, dag_type: DagType) -> dagger.Directory:
        """Return the type's scripts, at their paths under scripts/."""
        return await self._subtree("scripts", dag_type.script_paths)

    def close(self) -> None:
        """Remove the exported folder."""
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None
            self._memo.forget("exported")

    async def _subtree(self, folder: str, paths: Iterable[str]) -> dagger.Directory:
        """Return files of a folder at their paths there, without litter.

        They are loaded from the exported folder, by what is in them: made of the whole tree, what depends on
        them would be made again after an edit of any file.
        """
        subtree = dag.directory()
        for path in paths:
            exported = (await self.exported() / folder / path).resolve()
            if exported.is_dir():
                content = dag.host().directory(str(exported))
                subtree = subtree.with_directory(path, await retrying(content.sync))
            else:
                subtree = subtree.with_file(path, await retrying(dag.host().file(str(exported)).sync))
        return subtree


@asynccontextmanager
async def exported(tree: dagger.Directory) -> AsyncGenerator[Path]:
    """Export all of a folder, as long as it is read."""
    with tempfile.TemporaryDirectory(prefix="airflow-images-") as folder:
        await tree.export(folder)
        yield Path(folder)


def with_files(tree: dagger.Directory, texts: Mapping[str, str]) -> dagger.Directory:
    """Return a folder with files of these texts, by their paths."""
    for path, text in texts.items():
        tree = tree.with_new_file(path, text)
    return tree


def changeset(source: dagger.Directory, texts: Mapping[str, str]) -> dagger.Changeset:
    """Return new texts of files in a repository's images/ as the CLI applies them."""
    before = dag.directory().with_directory("images", source.directory("images"))
    return with_files(before, texts).changes(before)


@asynccontextmanager
async def opened(tree: dagger.Directory, netrc: dagger.Secret | None = None) -> AsyncGenerator[Checkout]:
    """Open a checkout for one function of the module, and let faults become the function's error."""
    checkout = Checkout(tree, netrc)
    with as_function_error():
        try:
            yield checkout
        finally:
            checkout.close()
