"""Import what each requirement installed: the modules that its own metadata lists.

    imports.py 'httpx==0.28.1' 'psycopg[binary]==3.2.13' …

Its last line of output is an outcome as JSON: {"facts": […], "findings": […]}.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from importlib import metadata
from pathlib import PurePosixPath

# Folders that some packages install beside their own; they are no part of what they offer.
EXTRAS = frozenset({"benchmarks", "docs", "examples", "scripts", "test", "tests"})


def modules_of(files: list[str]) -> list[str]:
    """The outermost modules among installed files: "httpx", or "dbt.adapters.postgres" in a namespace."""
    found: set[str] = set()
    for file in files:
        path = PurePosixPath(file)
        if path.is_absolute() or ".." in path.parts or path.suffix not in {".py", ".so"}:
            continue
        parts = list(path.parent.parts)
        name = path.name.partition(".")[0]
        if name != "__init__":
            parts.append(name)
        if parts and all(part.isidentifier() for part in parts) and parts[0] not in EXTRAS:
            found.add(".".join(parts))
    packages = {module for module in found if any(other.startswith(f"{module}.") for other in found)}
    declared = {m for m in packages if _has_init(m, files)} | (found - packages)
    return sorted(m for m in declared if not any(m.startswith(f"{other}.") for other in declared))


def _has_init(module: str, files: list[str]) -> bool:
    return f"{module.replace('.', '/')}/__init__.py" in files


def applies(requirement: str) -> bool:
    """Whether a requirement's marker, where it has one, holds here."""
    if ";" not in requirement:
        return True
    from packaging.requirements import Requirement  # noqa: PLC0415 - Airflow brings it; most types need it not

    marker = Requirement(requirement).marker
    return marker is None or marker.evaluate()


def failure_of(requirement: str) -> tuple[str, str] | None:
    """Why a requirement can't be imported, and what to do; none where it can."""
    name = re.split(r"[\s\[;=<>!~]", requirement, maxsplit=1)[0]
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return f"{requirement}: is not installed", "lock again"
    for module in modules_of([str(file) for file in distribution.files or ()]):
        try:
            importlib.import_module(module)
        except BaseException as error:  # noqa: BLE001 - a module may even exit; each is told, none stops the others
            cause = f"{requirement}: import {module}: {type(error).__name__}: {error}"
            return cause, "add what it needs: a package to dependencies, a shared library to system-packages"
    return None


def main(requirements: list[str]) -> int:
    """Import all, and print the outcome."""
    findings: list[dict[str, object]] = []
    wanted = [requirement for requirement in requirements if applies(requirement)]
    for requirement in wanted:
        if failure := failure_of(requirement):
            cause, remedy = failure
            findings.append({"check": "imports", "file": "", "line": 0, "cause": cause, "remedy": remedy})
    facts = [] if findings else [f"imports: {len(wanted)} of {len(wanted)} declared dependencies"]
    sys.stdout.write("\n" + json.dumps({"facts": facts, "findings": findings}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
