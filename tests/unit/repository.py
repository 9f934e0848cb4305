"""A repository of DAG types for tests: written file by file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ci.config.catalog import Catalog, load
from ci.config.dag_type import DagType, parse

FILE = "images/salesforce/pyproject.toml"


@dataclass(frozen=True)
class Repository:
    """The folder that holds images/, dags/ and scripts/."""

    root: Path

    def write(self, path: str, text: str = "") -> Path:
        """Write a file, with the folders that lead to it."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def add(self, name: str, settings: str = "", *, project_name: str = "") -> None:
        """Write a DAG type with one DAG file."""
        self.write(f"images/{name}/pyproject.toml", pyproject(settings=settings, name=project_name or name))
        self.write(f"dags/{name}/dag.py")

    def load(self) -> Catalog:
        """Read all DAG types."""
        return load(self.root)


def pyproject(dependencies: Sequence[str] = (), settings: str = "", name: str = "salesforce") -> str:
    """Write the text of a DAG type's pyproject.toml."""
    pins = ", ".join(toml(pin) for pin in dependencies)
    return f"[project]\nname = {toml(name)}\ndependencies = [{pins}]\n\n[tool.airflow-images]\n{settings}\n"


def toml(text: str) -> str:
    """Quote a text for TOML, where DEL must be escaped and all else is as in JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def dag_type(dependencies: Sequence[str] = (), settings: str = "") -> DagType:
    """Parse a DAG type called salesforce."""
    return parse("salesforce", FILE, pyproject(dependencies, settings))
