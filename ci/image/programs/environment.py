"""Describe the Python that runs this: its distributions, their modules, and files that clash.

    python -m programs.environment /environment.json

ENVIRONMENT.json: {"markers": {"python_version": "3.13", …}, "stdlib": ["abc", …], "loose": ["plugins", …],
"distributions": [{"name", "version", "requires", "modules", "size"}, …],
"namespaces": {"google": ["auth", …], …}, "owners": {"httpx": ["httpx"], "tests": ["a", "b"], …},
"clashes": [{"kind": "overwrites" | "shadows", "owners": ["a", "b"], "files": ["x.py", …]}, …],
"lost": {"a": ["x.py", …], …}}. Everything is sorted.

Namespaces are folders of modules without an __init__.py; owners are the distributions of each outermost
module that isn't one, also of tests and the like that lie beside their modules; loose are modules that no
distribution lists; lost are files that a distribution lists and that don't exist. Files are relative to the
distribution's folder.
"""

from __future__ import annotations

import csv
import email
import json
import os
import platform
import re
import sys
import sysconfig
from collections import defaultdict
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from .imports import EXTRAS, modules_of

HERE = str(Path(__file__).parents[1])
SUFFIXES = (".py", ".so")
# Folders and files in a package that no running program needs; others may be its data.
BESIDE = frozenset({"docs", "tests"})
TEXTS = re.compile(r"(README|LICEN[CS]E|COPYING|NOTICE|AUTHORS|CHANGES|CHANGELOG).*|py\.typed|.*\.pyi")


class Distribution(NamedTuple):
    """An installed distribution; ``files`` are those it lists, by path, with a hash or an empty string."""

    name: str
    version: str
    requires: list[str]
    folder: str
    files: dict[str, str]
    size: int


def distributions() -> list[Distribution]:
    """Return the installed distributions by name; of several of one name, the one that Python imports."""
    by_name: dict[str, Distribution] = {}
    for installed in metadata.distributions():
        text = installed.read_text("METADATA")
        # Headers alone: a description may be long.
        headers = installed.metadata if text is None else email.message_from_string(_head(text))
        name = re.sub(r"[-_.]+", "-", str(headers["Name"])).lower()
        requires = installed.requires or [] if text is None else headers.get_all("Requires-Dist", [])
        if name not in by_name:
            folder = str(installed.locate_file(""))
            version = str(headers["Version"])
            files, size = _files(installed)
            by_name[name] = Distribution(name, version, sorted(map(str, requires)), folder, files, size)
    return [by_name[name] for name in sorted(by_name)]


def _head(text: str) -> str:
    return re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]


def _files(distribution: metadata.Distribution) -> tuple[dict[str, str], int]:
    """Return the files that a distribution lists, with their digests, and their size in bytes."""
    record = distribution.read_text("RECORD")
    if record is None:
        return {str(file): "" for file in distribution.files or () if file.suffix != ".pyc"}, 0
    rows = [row for row in csv.reader(record.splitlines()) if len(row) > 2 and not row[0].endswith(".pyc")]
    return {row[0]: row[1] for row in rows}, sum(int(row[2]) for row in rows if row[2].isdigit())


def clashes(installed: list[Distribution]) -> list[dict[str, Any]]:
    """Return files that distributions list with different content, and modules that hide one another."""
    owners: dict[str, dict[str, str]] = defaultdict(dict)
    folders = {distribution.name: distribution.folder for distribution in installed}
    for distribution in installed:
        for file, digest in distribution.files.items():
            if _matters(file):
                owners[file][distribution.name] = digest
    files_of: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for file, digests in owners.items():
        # The same bytes twice, such as an empty __init__.py, do no harm.
        different = len(digests) > 1 and (len(set(digests.values())) > 1 or "" in digests.values())
        if different and not _is_shared(Path(folders[next(iter(digests))], file)):
            files_of["overwrites", tuple(sorted(digests))].add(file)
    for file, other in _hidden(set(owners)):
        for one in owners[file]:
            for two in owners[other].keys() - owners[file].keys() - {one}:
                files_of["shadows", (min(one, two), max(one, two))] |= {file, other}
    return [
        {"kind": kind, "owners": list(names), "files": sorted(files)}
        for (kind, names), files in sorted(files_of.items())
    ]


def _matters(file: str) -> bool:
    """Return whether a file is a part of a module or a command, not a license, test, document or type."""
    parts = file.split("/")
    if parts[0] == "..":
        return parts[-2:-1] == ["bin"]
    if len(parts) == 1:
        return file.endswith((*SUFFIXES, ".pth"))
    if BESIDE & set(parts[1:-1]) or (TEXTS.fullmatch(parts[-1]) and not file.endswith(SUFFIXES)):
        return False
    return parts[0] not in EXTRAS and not parts[0].endswith((".dist-info", ".egg-info", ".data"))


def _is_shared(file: Path) -> bool:
    """Return whether a file makes a namespace: every distribution in it has one, written differently."""
    if file.name != "__init__.py" or not file.is_file():
        return False
    content = file.read_bytes()
    return b"extend_path" in content or b"declare_namespace" in content


def _hidden(files: set[str]) -> list[tuple[str, str]]:
    """Return pairs of files of which Python imports only one: foo.py beside foo/, or foo.so beside foo.py."""
    modules: dict[str, list[str]] = defaultdict(list)
    inside: dict[str, str] = {}
    for file in sorted(files):
        folder, _, name = file.rpartition("/")
        if name.endswith(SUFFIXES) and not file.startswith(".."):
            if name != "__init__.py":
                modules[f"{folder}/{name.partition('.')[0]}".lstrip("/")].append(file)
            # The first file, which is __init__.py if there is one, stands for its folder.
            while folder and folder not in inside:
                inside[folder] = file
                folder = folder.rpartition("/")[0]
    pairs = [(file, inside[name]) for name, same in modules.items() if name in inside for file in same]
    return pairs + [(one, two) for same in modules.values() for one in same for two in same if one < two]


def namespaces(installed: list[Distribution]) -> dict[str, list[str]]:
    """Return the names in each folder of modules without an __init__.py, by its dotted name."""
    children: dict[str, set[str]] = defaultdict(set)
    regular: set[str] = set()
    for distribution in installed:
        for file in distribution.files:
            if not file.endswith(SUFFIXES) or file.startswith((".", "/")):
                continue
            folder, _, name = file.rpartition("/")
            stem = name.partition(".")[0]
            package = folder.replace("/", ".")
            if stem == "__init__":
                regular.add(package)
            module = package if stem == "__init__" else f"{package}.{stem}".lstrip(".")
            while module and module.rpartition(".")[2] not in children[module.rpartition(".")[0]]:
                parent, _, last = module.rpartition(".")
                children[parent].add(last)
                module = parent
    return {
        name: sorted(children[name])
        for name in sorted(children)
        if name and name not in regular and all(map(str.isidentifier, name.split(".")))
    }


def owners(installed: list[Distribution]) -> dict[str, list[str]]:
    """Return the distributions that have an outermost module or regular package, by its name."""
    names: dict[str, set[str]] = defaultdict(set)
    for distribution in installed:
        for file in distribution.files:
            folder, _, name = file.rpartition("/")
            stem = name.partition(".")[0]
            module = folder if stem == "__init__" else "" if folder else stem
            if file.endswith(SUFFIXES) and module.isidentifier():
                names[module].add(distribution.name)
    return {module: sorted(names[module]) for module in sorted(names)}


def loose(installed: list[Distribution]) -> list[str]:
    """Return the outermost modules on the import path, or where Airflow adds to it, that nothing lists."""
    home = os.environ.get("AIRFLOW_HOME", "/opt/airflow")
    standard = {sysconfig.get_path(key) for key in ("stdlib", "platstdlib")}
    path = [folder for folder in sys.path if folder != HERE and folder not in standard]
    listed = {file.split("/")[0].partition(".")[0] for one in installed for file in one.files}
    modules: set[str] = set()
    for folder in (*path, f"{home}/plugins", f"{home}/config"):
        if not os.path.isdir(folder) or any(folder.startswith(f"{one}/lib-dynload") for one in standard):  # noqa: PTH112
            continue
        for item in os.scandir(folder):
            if item.name.endswith(SUFFIXES) or item.is_dir():
                modules.add(item.name.partition(".")[0])
    return sorted(name for name in modules - listed - EXTRAS if name.isidentifier() and name != "__pycache__")


def lost(installed: list[Distribution]) -> dict[str, list[str]]:
    """Return the files that matter and don't exist, by distribution."""
    missing: dict[str, list[str]] = {}
    for one in installed:
        files = [f for f in one.files if _matters(f) and not os.path.lexists(os.path.join(one.folder, f))]  # noqa: PTH118
        if files:
            missing[one.name] = sorted(files)
    return missing


def standard_library() -> list[str]:
    """Return the outermost modules of the standard library."""
    modules: frozenset[str] | None = getattr(sys, "stdlib_module_names", None)  # from Python 3.10 on
    if modules is not None:
        return sorted(modules)
    stdlib = Path(sysconfig.get_path("stdlib"))
    names = [item.name for folder in (stdlib, stdlib / "lib-dynload") for item in folder.iterdir()]
    return sorted({*sys.builtin_module_names, *(name.partition(".")[0] for name in names)})


def markers() -> dict[str, str]:
    """Return the values for markers of requirements (dependency specifiers, "environment markers")."""
    version = sys.implementation.version
    suffix = "" if version.releaselevel == "final" else f"{version.releaselevel[0]}{version.serial}"
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": f"{version.major}.{version.minor}.{version.micro}{suffix}",
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def main(file: str) -> int:
    """Write the description to the file."""
    installed = distributions()
    description = {
        "markers": markers(),
        "stdlib": standard_library(),
        "loose": loose(installed),
        "distributions": [
            {
                "name": one.name,
                "version": one.version,
                "requires": one.requires,
                "modules": modules_of(list(one.files)),
                "size": one.size,
            }
            for one in installed
        ],
        "namespaces": namespaces(installed),
        "owners": owners(installed),
        "clashes": clashes(installed),
        "lost": lost(installed),
    }
    Path(file).write_text(json.dumps(description, sort_keys=True), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
