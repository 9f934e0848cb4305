"""The DAG types as a table or as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .spec import DagType


@dataclass(frozen=True, kw_only=True)
class Row:
    """One DAG type: its base's reference, its pins, and its DAG files relative to dags/."""

    dag: str
    base: str
    dependencies: tuple[str, ...]
    files: tuple[str, ...]


def rows(types: Sequence[DagType], base: str, root: Path) -> list[Row]:
    """A row per DAG type, in the order given; ``root`` holds dags/."""
    return [
        Row(
            dag=each.name,
            base=base,
            dependencies=each.project.dependencies,
            files=tuple(file for path in each.dag_paths for file in _files(root / "dags", path)),
        )
        for each in types
    ]


def table(found: Sequence[Row]) -> str:
    """The rows for a terminal, a line per dependency or file."""
    width = max((len(row.dag) for row in found), default=0)
    lines: list[str] = []
    for row in found:
        details = [
            f"base {row.base}",
            *(f"needs {pin}" for pin in row.dependencies),
            *(f"dags/{f}" for f in row.files),
        ]
        lines += [f"{row.dag if not index else '':<{width}}  {text}" for index, text in enumerate(details)]
    return "\n".join(lines)


def as_json(found: Sequence[Row]) -> str:
    """The rows as a JSON array of objects."""
    return json.dumps([asdict(row) for row in found], indent=2)


def _files(dags: Path, path: str) -> list[str]:
    place = dags / path
    found = [place] if place.is_file() else sorted(place.rglob("*.py"))
    return [file.relative_to(dags).as_posix() for file in found]
