"""Import what a DAG type's code imports, and for each requirement one module at least.

    imports.py 'httpx==0.28.1' 'psycopg[binary]==3.2.13' … -- httpx airflow.sdk:dag …

After -- are modules, with a name that is taken of them. Its last line of output is JSON:
{"failed": {"airflow.sdk:dagg": {"cause": "ImportError: …", "elsewhere": ""}},
"broken": {"httpx==0.28.1": "why no module of it can be imported"}}.
"""

from __future__ import annotations

import difflib
import importlib
import json
import pkgutil
import re
import sys
from importlib import metadata
from types import ModuleType
from typing import Any

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


def failures(names: list[str]) -> dict[str, dict[str, str]]:
    """Return the modules and names that can't be imported, with why, and where else a name is."""
    failed: dict[str, dict[str, str]] = {}
    for written in names:
        module, _, name = written.partition(":")
        try:
            imported = importlib.import_module(module)
            if name and name != "*":
                _take(imported, name)
        except BaseException as error:  # noqa: BLE001 - a module may even exit, and the others still count
            if isinstance(error, LackingNameError):
                elsewhere = _elsewhere(module.partition(".")[0], name)
            else:
                elsewhere = _near(error.name or "") if isinstance(error, ModuleNotFoundError) else ""
            failed[written] = {"cause": _told(error), "elsewhere": elsewhere}
    return failed


class LackingNameError(ImportError):
    """A module has no such name, and no module of that name in it."""


def _take(module: ModuleType, name: str) -> None:
    """Take a name of a module as `from module import name` does."""
    try:
        getattr(module, name)
    except AttributeError:
        inner = f"{module.__name__}.{name}"
        try:
            importlib.import_module(inner)
        except ModuleNotFoundError as error:
            if error.name != inner:
                raise
            text = f"cannot import name {name!r} from {module.__name__!r}"
            raise LackingNameError(text) from None


def _elsewhere(package: str, name: str) -> str:
    """Return the shortest public module of a package that is loaded and has a name; empty for none."""
    modules = [
        module
        for module, loaded in list(sys.modules.items())
        if module.partition(".")[0] == package
        and not any(part.startswith("_") for part in module.split("."))
        and name in getattr(loaded, "__dict__", {})
    ]
    return min(modules, key=lambda module: (len(module), module), default="")


def _near(module: str) -> str:
    """Return the module of nearly this name in the same package; empty for none."""
    package, _, name = module.rpartition(".")
    folders = getattr(sys.modules.get(package), "__path__", ())
    names = [module.name for module in pkgutil.iter_modules(folders)]
    return next((f"{package}.{match}" for match in difflib.get_close_matches(name, names, n=1)), "")


def _told(error: BaseException) -> str:
    kind = "ImportError" if isinstance(error, LackingNameError) else type(error).__name__
    return f"{kind}: {' '.join(str(error).split())}"


def breakage_of(requirement: str, names: list[str], failed: dict[str, Any]) -> str:
    """Return why no module of a requirement can be imported; empty if one can, or if it has none.

    Args:
        requirement: an installed distribution, by name and version.
        names: what has been imported already.
        failed: those of them that can't be imported.
    """
    name = re.split(r"[\s\[;=<>!~]", requirement, maxsplit=1)[0]
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return "not installed"
    modules = modules_of([str(file) for file in distribution.files or ()])
    if any(written not in failed and _is_in(written, modules) for written in names):
        return ""
    first = ""
    # Most likely the main one first: psycopg before psycopg_binary, the public before the private.
    for module in sorted(modules, key=lambda module: (module != name.replace("-", "_"), module[0] == "_")):
        try:
            importlib.import_module(module)
        except BaseException as error:  # noqa: BLE001 - as above
            first = first or f"import {module}: {_told(error)}"
        else:
            return ""
    return first


def _is_in(written: str, modules: list[str]) -> bool:
    module = written.partition(":")[0]
    return any(module == one or module.startswith(f"{one}.") for one in modules)


def main(arguments: list[str]) -> int:
    """Import all, and print the answer."""
    end = arguments.index("--")
    names = arguments[end + 1 :]
    failed = failures(names)
    reasons = {one: breakage_of(one, names, failed) for one in arguments[:end] if applies(one)}
    broken = {requirement: reason for requirement, reason in reasons.items() if reason}
    sys.stdout.write("\n" + json.dumps({"failed": failed, "broken": broken}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
