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

# Folders that some packages install beside their own; they are no part of what they offer.
EXTRAS = frozenset({"benchmarks", "docs", "examples", "scripts", "test", "tests"})


def modules_of(files: list[str]) -> list[str]:
    """The outermost modules among installed files: "httpx", or "dbt.adapters.postgres" in a namespace."""
    found = {module for module in map(_module, files) if module}
    holding = {above for module in found for above in parents(module)}
    there = set(files)
    declared = {m for m in found if m not in holding or f"{m.replace('.', '/')}/__init__.py" in there}
    return sorted(m for m in declared if not any(above in declared for above in parents(m)))


def parents(module: str) -> list[str]:
    """The packages around a module, from the outside in: a and a.b of a.b.c."""
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _module(file: str) -> str:
    """The module that a file is, such as a.b of a/b/__init__.py; empty where it is none."""
    folder, _, name = file.rpartition("/")
    stem, _, suffix = name.rpartition(".")
    if not stem or suffix not in {"py", "so"}:
        return ""
    first = name.partition(".")[0]
    parts = [*(folder.split("/") if folder else []), *([first] if first != "__init__" else [])]
    fits = parts and all(part.isidentifier() for part in parts) and parts[0] not in EXTRAS
    return ".".join(parts) if fits else ""


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
    told = f"{len(wanted)} of {len(wanted)} declared dependencies"
    facts = [] if findings else [{"check": "imports", "told": told}]
    sys.stdout.write("\n" + json.dumps({"facts": facts, "findings": findings}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
