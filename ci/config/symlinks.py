"""Links below dags/ and scripts/, followed as in the image: it holds nothing but what a type names."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from .dag_type import DagType

_MOST = 40  # links on one way, as Linux follows them (path_resolution(7))


def problems(root: Path, dag_type: DagType) -> list[str]:
    """A sentence for each link of a DAG type that leads to what its image hasn't.

    Args:
        root: of the repository.
        dag_type: whose files they are.
    """
    return [
        problem
        for tree, paths in (("dags", dag_type.dag_paths), ("scripts", dag_type.script_paths))
        for problem in _Tree(root, tree, paths).problems(dag_type)
    ]


class _Tree:
    """What a type's image has of dags/ or scripts/.

    What a setting names is followed where it is a link itself; links below it stay links.
    """

    def __init__(self, root: Path, tree: str, paths: tuple[str, ...]) -> None:
        self._root = root
        self._tree = tree
        self._places = {f"{tree}/{path}": Path(os.path.realpath(root / tree / path)) for path in paths}

    def problems(self, dag_type: DagType) -> Iterator[str]:
        """In the order of the paths; of a type's own path that leads out of the tree only that is told."""
        inside = Path(os.path.realpath(self._root / self._tree))
        for shown, place in self._places.items():
            if not place.is_relative_to(inside):
                yield self._leading_out(dag_type, shown)
                continue
            for link in sorted(each for each in place.rglob("*") if each.is_symlink()):
                at = f"{shown}/{link.relative_to(place).as_posix()}"
                end = self._end(at)
                if end is None or end.parts[:1] != (self._tree,):
                    yield self._leading_out(dag_type, at)
                elif len(end.parts) == 1:
                    yield f"{dag_type.file}: {at} leads to all of {end}/: link to what is needed of it"
                elif self._place_of(end) is None:
                    yield self._leading_elsewhere(dag_type, at, end)

    def _leading_out(self, dag_type: DagType, at: str) -> str:
        return f"{dag_type.file}: {at} leads out of {self._tree}/: put a copy there instead of a link"

    def _leading_elsewhere(self, dag_type: DagType, at: str, end: PurePosixPath) -> str:
        listed = dag_type.listing(self._tree, end.parts[1])
        return (
            f"{dag_type.file}: {at} leads to {end}, which isn't in this image: "
            f"put a copy there instead of a link, or {listed}"
        )

    def _end(self, path: str) -> PurePosixPath | None:
        """Where a path of the image leads there, from the folder of dags/ on; None where that is above."""
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
                if passed > _MOST:  # a circle: it leads nowhere, but not out of here
                    return PurePosixPath(path)
                if target:
                    if target.startswith("/"):
                        return None
                    here.pop()
                    ahead += reversed(target.split("/"))
        return PurePosixPath(*here)

    def _target(self, path: PurePosixPath) -> str:
        """What the link at a path of the image says; empty where there is none."""
        place = self._place_of(path)
        if place is None or str(path) == place:
            return ""
        found = self._places[place] / path.relative_to(place)
        return str(found.readlink()) if found.is_symlink() else ""

    def _place_of(self, path: PurePosixPath) -> str | None:
        """Of the type's own paths the one that a path is at or below."""
        return next((place for place in self._places if path.is_relative_to(place)), None)
