"""Import the modules of each requirement that its own metadata lists.

    imports.py 'httpx==0.28.1' 'psycopg[binary]==3.2.13' …

Its last line of output is the result as JSON: {"facts": […], "findings": […]}.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from importlib import metadata

# Folders that some packages install beside their modules.
EXTRAS = frozenset({"benchmarks", "docs", "examples", "scripts", "test", "tests"})


def modules_of(files: list[str]) -> list[str]:
    """Return the outermost modules of files: "httpx", or "dbt.adapters.postgres" in a namespace."""
    modules = {module for module in map(_module, files) if module}
    packages = {parent for module in modules for parent in parents(module)}
    listed = set(files)
    own = {m for m in modules if m not in packages or f"{m.replace('.', '/')}/__init__.py" in listed}
    return sorted(module for module in own if not any(parent in own for parent in parents(module)))


def parents(module: str) -> list[str]:
    """Return the packages around a module, outermost first: a and a.b of a.b.c."""
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _module(file: str) -> str:
    """Return the module that a file is, such as a.b of a/b/__init__.py; empty if it is none."""
    folder, _, name = file.rpartition("/")
    stem, _, suffix = name.rpartition(".")
    if not stem or suffix not in {"py", "so"}:
        return ""
    first = name.partition(".")[0]
    parts = [*(folder.split("/") if folder else []), *([first] if first != "__init__" else [])]
    fits = parts and all(part.isidentifier() for part in parts) and parts[0] not in EXTRAS
    return ".".join(parts) if fits else ""


def applies(requirement: str) -> bool:
    """Return whether a requirement has no marker, or one that holds in this Python."""
    if ";" not in requirement:
        return True
    from packaging.requirements import Requirement  # noqa: PLC0415 - only for markers, which few have

    marker = Requirement(requirement).marker
    return marker is None or marker.evaluate()


def failure_of(requirement: str) -> tuple[str, str] | None:
    """Return why a requirement can't be imported, and what to do; None if it can."""
    name = re.split(r"[\s\[;=<>!~]", requirement, maxsplit=1)[0]
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return f"{requirement}: not installed", "run: dagger call lock -y"
    for module in modules_of([str(file) for file in distribution.files or ()]):
        try:
            importlib.import_module(module)
        except BaseException as error:  # noqa: BLE001 - a module may even exit, and the others still count
            cause = f"{requirement}: import {module}: {type(error).__name__}: {error}"
            return cause, "add the missing package to dependencies, or the shared library to system-packages"
    return None


def main(requirements: list[str]) -> int:
    """Import the modules of all requirements, and print the result."""
    findings: list[dict[str, object]] = []
    applicable = [requirement for requirement in requirements if applies(requirement)]
    for requirement in applicable:
        if failure := failure_of(requirement):
            cause, remedy = failure
            findings.append({"check": "imports", "file": "", "line": 0, "cause": cause, "remedy": remedy})
    detail = f"{len(applicable)} of {len(applicable)} declared dependencies"
    facts = [] if findings else [{"check": "imports", "told": detail}]
    sys.stdout.write("\n" + json.dumps({"facts": facts, "findings": findings}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
