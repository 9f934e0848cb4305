"""Where in a repository the modules lie that an import may load, as Airflow's Python searches for them.

The import path holds dags/ itself, and the folder above it, where dags and scripts are packages. An archive
of DAGs comes before both while Airflow loads it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from ...config.dag_type import TREES
from .imports import Import, imports_of

_IN_ARCHIVE = re.compile(r"(dags/(?:[^/]+/)*?[^/]+\.zip)/")


def archive_of(file: str) -> str:
    """Return the archive that a file is in; empty where it is in none."""
    match = _IN_ARCHIVE.match(file)
    return match[1] if match else ""


def depth(path: str) -> int:
    """Return the number of parts of a path; 0 for an empty one."""
    return len(path.split("/")) if path else 0


def roots(file: str, imported: Import) -> Iterator[str]:
    """Yield the folders below which a module that a file imports may lie; empty for the repository's root."""
    archive = archive_of(file)
    if imported.level:
        folders = file.split("/")[:-1]
        start = folders[: max(0, len(folders) - imported.level + 1)]
        if len(start) >= max(1, depth(archive)):
            yield "/".join(start)
        return
    if archive:
        yield archive
    if imported.module.partition(".")[0] in TREES:
        yield ""
    yield "dags"


def module_paths(file: str, imported: Import) -> Iterator[str]:
    """Yield the paths, without a suffix, at which a module that a file imports may lie."""
    for root in roots(file, imported):
        yield "/".join(filter(None, (root, *imported.module.split("."))))


def files_loaded(file: str, imported: Import) -> Iterator[str]:
    """Yield the files that an import may load: the module, its packages, and the name taken of it."""
    names = imported.longest.split(".") if imported.longest else []
    for root in roots(file, imported):
        # A relative import has its own packages loaded already, and loads the one that it starts at.
        for end in range(0 if imported.level else 1, len(names) + 1):
            path = "/".join(filter(None, (root, *names[:end])))
            yield f"{path}/__init__.py"
            if end:
                yield f"{path}.py"


def files_imported(file: str, text: str) -> set[str]:
    """Return the files that a file of that text may import; not all of them need exist."""
    return {path for imported in imports_of(text) for path in files_loaded(file, imported)}


def reached(graph: Mapping[str, AbstractSet[str]], start: Iterable[str]) -> set[str]:
    """Return the files of ``start`` and all that they import by the graph, directly or through others."""
    files: set[str] = set()
    waiting = set(start)
    while waiting:
        file = waiting.pop()
        files.add(file)
        waiting |= graph.get(file, set[str]()) - files
    return files
