"""Tell what is installed in the Python this runs under: distributions, their modules, and whose files clash.

    python -m programs.environment /environment.json

ENVIRONMENT.json: {"markers": {"python_version": "3.13", …}, "stdlib": ["abc", …], "loose": ["plugins", …],
"distributions": [{"name", "version", "requires", "modules", "size"}, …],
"namespaces": {"google": ["auth", …], …},
"clashes": [{"kind": "overwrites" | "shadows", "owners": ["a", "b"], "files": ["x.py", …]}, …],
"lost": {"a": ["x.py", …], …}}. All is sorted.

Namespaces are folders of modules without an __init__.py; loose are modules that no distribution lists; lost
are files that a distribution lists and that aren't there. Files are relative to the distribution's folder.
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
# Below a package: folders and files that no program that runs needs; others may be data of the package.
BESIDE = frozenset({"docs", "tests"})
TEXTS = re.compile(r"(README|LICEN[CS]E|COPYING|NOTICE|AUTHORS|CHANGES|CHANGELOG).*|py\.typed|.*\.pyi")


class Distribution(NamedTuple):
    """An installed distribution; ``files`` are those it lists, each with its hash or an empty string."""

    name: str
    version: str
    requires: list[str]
    folder: str
    files: dict[str, str]
    size: int


def distributions() -> list[Distribution]:
    """What is installed, by name; of two of one name the one that Python imports."""
    found: dict[str, Distribution] = {}
    for each in metadata.distributions():
        text = each.read_text("METADATA")
        # Headers alone: a description may be long, and isn't needed.
        told = each.metadata if text is None else email.message_from_string(_head(text))
        name = re.sub(r"[-_.]+", "-", str(told["Name"])).lower()
        requires = each.requires or [] if text is None else told.get_all("Requires-Dist", [])
        if name not in found:
            folder = str(each.locate_file(""))
            version = str(told["Version"])
            files, size = _files(each)
            found[name] = Distribution(name, version, sorted(map(str, requires)), folder, files, size)
    return [found[name] for name in sorted(found)]


def _head(text: str) -> str:
    return re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]


def _files(distribution: metadata.Distribution) -> tuple[dict[str, str], int]:
    """The files that a distribution lists, and the bytes that it says they have."""
    record = distribution.read_text("RECORD")
    if record is None:
        return {str(file): "" for file in distribution.files or () if file.suffix != ".pyc"}, 0
    rows = [row for row in csv.reader(record.splitlines()) if len(row) > 2 and not row[0].endswith(".pyc")]
    return {row[0]: row[1] for row in rows}, sum(int(row[2]) for row in rows if row[2].isdigit())


def clashes(installed: list[Distribution]) -> list[dict[str, Any]]:
    """Files that several distributions list with different content, and modules that hide another's."""
    owners: dict[str, dict[str, str]] = defaultdict(dict)
    folders = {each.name: each.folder for each in installed}
    for each in installed:
        for file, digest in each.files.items():
            if _matters(file):
                owners[file][each.name] = digest
    found: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for file, digests in owners.items():
        # The same bytes twice, such as an empty __init__.py, do no harm.
        different = len(digests) > 1 and (len(set(digests.values())) > 1 or "" in digests.values())
        if different and not _is_shared(Path(folders[next(iter(digests))], file)):
            found["overwrites", tuple(sorted(digests))].add(file)
    for file, other in _hidden(set(owners)):
        for one in owners[file]:
            for two in owners[other].keys() - owners[file].keys() - {one}:
                found["shadows", (min(one, two), max(one, two))] |= {file, other}
    return [
        {"kind": kind, "owners": list(names), "files": sorted(files)}
        for (kind, names), files in sorted(found.items())
    ]


def _matters(file: str) -> bool:
    """Whether it is a part of a module or a command, and no license, test, document or type beside them."""
    parts = file.split("/")
    if parts[0] == "..":
        return parts[-2:-1] == ["bin"]
    if len(parts) == 1:
        return file.endswith((*SUFFIXES, ".pth"))
    if BESIDE & set(parts[1:-1]) or (TEXTS.fullmatch(parts[-1]) and not file.endswith(SUFFIXES)):
        return False
    return parts[0] not in EXTRAS and not parts[0].endswith((".dist-info", ".egg-info", ".data"))


def _is_shared(file: Path) -> bool:
    """Whether it makes a namespace, as each distribution in it brings it: all do the same in other words."""
    if file.name != "__init__.py" or not file.is_file():
        return False
    content = file.read_bytes()
    return b"extend_path" in content or b"declare_namespace" in content


def _hidden(files: set[str]) -> list[tuple[str, str]]:
    """Pairs of files of which Python takes one alone: foo.py beside foo/, or foo.so beside foo.py."""
    modules: dict[str, list[str]] = defaultdict(list)
    inside: dict[str, str] = {}
    for file in sorted(files):
        folder, _, name = file.rpartition("/")
        if name.endswith(SUFFIXES) and not file.startswith(".."):
            if name != "__init__.py":
                modules[f"{folder}/{name.partition('.')[0]}".lstrip("/")].append(file)
            # Its first file stands for a folder: __init__.py where it has one, as sorted.
            while folder and folder not in inside:
                inside[folder] = file
                folder = folder.rpartition("/")[0]
    pairs = [(file, inside[name]) for name, found in modules.items() if name in inside for file in found]
    return pairs + [(one, two) for found in modules.values() for one in found for two in found if one < two]


def namespaces(installed: list[Distribution]) -> dict[str, list[str]]:
    """By dotted name, each folder of modules without an __init__.py, and the names in it."""
    children: dict[str, set[str]] = defaultdict(set)
    regular: set[str] = set()
    for each in installed:
        for file in each.files:
            if not file.endswith(SUFFIXES) or file.startswith((".", "/")):
                continue
            folder, _, name = file.rpartition("/")
            stem = name.partition(".")[0]
            place = folder.replace("/", ".")
            if stem == "__init__":
                regular.add(place)
            module = place if stem == "__init__" else f"{place}.{stem}".lstrip(".")
            while module and module.rpartition(".")[2] not in children[module.rpartition(".")[0]]:
                above, _, last = module.rpartition(".")
                children[above].add(last)
                module = above
    found = {name: sorted(within) for name, within in sorted(children.items()) if name not in regular}
    return {
        name: within for name, within in found.items() if name and all(map(str.isidentifier, name.split(".")))
    }


def loose(installed: list[Distribution]) -> list[str]:
    """Outermost modules on the import path that no distribution lists, and Airflow's own places for them."""
    home = os.environ.get("AIRFLOW_HOME", "/opt/airflow")
    standard = {sysconfig.get_path(key) for key in ("stdlib", "platstdlib")}
    places = [each for each in sys.path if each != HERE and each not in standard]
    listed = {file.split("/")[0].partition(".")[0] for each in installed for file in each.files}
    found: set[str] = set()
    for place in (*places, f"{home}/plugins", f"{home}/config"):
        if not os.path.isdir(place) or any(place.startswith(f"{each}/lib-dynload") for each in standard):  # noqa: PTH112
            continue
        for item in os.scandir(place):
            if item.name.endswith(SUFFIXES) or item.is_dir():
                found.add(item.name.partition(".")[0])
    return sorted(name for name in found - listed - EXTRAS if name.isidentifier() and name != "__pycache__")


def lost(installed: list[Distribution]) -> dict[str, list[str]]:
    """By distribution, the files that matter and aren't there."""
    found: dict[str, list[str]] = {}
    for each in installed:
        gone = [f for f in each.files if _matters(f) and not os.path.lexists(os.path.join(each.folder, f))]  # noqa: PTH118
        if gone:
            found[each.name] = sorted(gone)
    return found


def standard_library() -> list[str]:
    """The outermost modules of the standard library."""
    told: frozenset[str] | None = getattr(sys, "stdlib_module_names", None)  # from Python 3.10 on
    if told is not None:
        return sorted(told)
    folder = Path(sysconfig.get_path("stdlib"))
    names = [item.name for place in (folder, folder / "lib-dynload") for item in place.iterdir()]
    return sorted({*sys.builtin_module_names, *(name.partition(".")[0] for name in names)})


def markers() -> dict[str, str]:
    """What markers of requirements are decided by (dependency specifiers, "environment markers")."""
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
    """Write it all to the file."""
    installed = distributions()
    told = {
        "markers": markers(),
        "stdlib": standard_library(),
        "loose": loose(installed),
        "distributions": [
            {
                "name": each.name,
                "version": each.version,
                "requires": each.requires,
                "modules": modules_of(list(each.files)),
                "size": each.size,
            }
            for each in installed
        ],
        "namespaces": namespaces(installed),
        "clashes": clashes(installed),
        "lost": lost(installed),
    }
    Path(file).write_text(json.dumps(told, sort_keys=True), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
