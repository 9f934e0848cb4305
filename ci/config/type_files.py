"""The files of a DAG type, as they get into its image."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from .dag_type import DagType


def walk(root: Path, dag_type: DagType) -> Iterator[tuple[str, Path]]:
    """Yield the files and links of a DAG type, each with its path from the repository's root for messages."""
    for tree, paths in dag_type.paths.items():
        inside = os.path.realpath(root / tree)
        for path in paths:
            # A path in the settings is followed if it is a link; links below it stay links in the image.
            location = Path(os.path.realpath(root / tree / path))
            if not location.is_relative_to(inside):
                continue
            if location.is_file():
                yield f"{tree}/{path}", location
            for folder, folders, names in os.walk(location):
                relative = PurePosixPath(tree, path, Path(folder).relative_to(location).as_posix())
                links = [name for name in folders if Path(folder, name).is_symlink()]
                for name in [*names, *links]:
                    # A name may have bytes that aren't UTF-8, which no message can.
                    shown = str(relative / name).encode("utf-8", "backslashreplace").decode()
                    yield shown, Path(folder, name)
