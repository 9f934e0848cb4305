"""Links in dags/ and scripts/, followed as in the image, which has only the files that a type names."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from . import stand_ins
from .dag_type import DagType

_LIMIT = 40  # links on the way to one file, as Linux follows them (path_resolution(7))


def problems(root: Path, dag_type: DagType) -> list[str]:
    """Return a sentence for each link of a DAG type that leads to a file which its image doesn't have."""
    return [
        problem
        for tree, paths in dag_type.paths.items()
        for problem in _Tree(root, tree, paths).problems(dag_type)
    ]


class _Tree:
    """The files of a type's image from dags/ or scripts/.

    A path in the settings is followed if it is a link itself; links below it stay links.
    """

    def __init__(self, root: Path, tree: str, paths: tuple[str, ...]) -> None:
        self._root = root
        self._tree = tree
        self._locations = {f"{tree}/{path}": Path(os.path.realpath(root / tree / path)) for path in paths}

    def problems(self, dag_type: DagType) -> Iterator[str]:
        """Yield the problems in the order of the paths; one alone for a path that leads out of the tree."""
        inside = Path(os.path.realpath(self._root / self._tree))
        for path, location in self._locations.items():
            if not location.is_relative_to(inside):
                yield self._leading_out(dag_type, path)
                continue
            for link in sorted(file for file in location.rglob("*") if file.is_symlink()):
                if stand_ins.is_annexed(link):  # reported there
                    continue
                at = f"{path}/{link.relative_to(location).as_posix()}"
                end = self._end(at)
                if end is None or end.parts[:1] != (self._tree,):
                    yield self._leading_out(dag_type, at)
                elif len(end.parts) == 1:
                    yield f"{dag_type.file}: {at} leads to all of {end}/: link to the files that are needed"
                elif self._owner_of(end) is None:
                    yield self._leading_elsewhere(dag_type, at, end)

    def _leading_out(self, dag_type: DagType, at: str) -> str:
        return f"{dag_type.file}: {at} leads out of {self._tree}/: replace the link with a copy"

    def _leading_elsewhere(self, dag_type: DagType, at: str, end: PurePosixPath) -> str:
        listed = dag_type.listing(self._tree, end.parts[1])
        return (
            f"{dag_type.file}: {at} leads to {end}, which isn't in this image: "
            f"replace the link with a copy, or {listed}"
        )

    def _end(self, path: str) -> PurePosixPath | None:
        """Return the path that a path of the image leads to; None if it leads out of the folder of dags/."""
        ahead = list(reversed(path.split("/")))
        here: list[str] = []
        passed = 0
        while ahead:
            part = ahead.pop()
            if part == "..":
                if not here:
                    return None
                here.pop()
            elif part not in {"", "."}:
                here.append(part)
                target = self._target(PurePosixPath(*here))
                passed += bool(target)
                if passed > _LIMIT:  # a circle: it leads nowhere, but not out of here
                    return PurePosixPath(path)
                if target:
                    if target.startswith("/"):
                        return None
                    here.pop()
                    ahead += reversed(target.split("/"))
        return PurePosixPath(*here)

    def _target(self, path: PurePosixPath) -> str:
        """Return the target of the link at a path of the image; empty if there is no link."""
        owner = self._owner_of(path)
        if owner is None or str(path) == owner:
            return ""
        file = self._locations[owner] / path.relative_to(owner)
        return str(file.readlink()) if file.is_symlink() else ""

    def _owner_of(self, path: PurePosixPath) -> str | None:
        """Return the path of the settings that a path is, or is below."""
        return next((owner for owner in self._locations if path.is_relative_to(owner)), None)
