"""Where an import leads to: what the import path has first, and other types' files where it has nothing."""

import pytest

from ci.checks.imports.imports import Import
from ci.checks.imports.resolution import Place, Resolver

from ...environments import environment

OWN = (
    "dags/a/dag.py",
    "dags/a/part/code.py",
    "dags/requests.py",
    "dags/json/__init__.py",
    "dags/json/more.py",
    "dags/odd/mine.py",
    "dags/odd/x/y.py",
    "dags/loose/x.py",
    "dags/even/__init__.py",
    "dags/even/x.py",
    "dags/a/p.zip/dag.py",
    "dags/a/p.zip/json.py",
    "dags/a/p.zip/pack/m.py",
    "dags/a/class/x.py",
    "scripts/a/__init__.py",
    "scripts/a/deep/x.py",
)
OTHERS = ("dags/b/dag.py", "scripts/b/__init__.py", "scripts/a_more/x.py", "dags/six/x.py")
RESOLVER = Resolver(
    OWN,
    OTHERS,
    environment(
        *("requests 1", "six 1", "odd 1", "even 1", "odd-store 1"),
        modules={"odd-store": ("odd.storage.x",)},
        namespaces={"odd": ["x"], "odd.x": ["y"], "even": ["x"]},
        loose=("loose",),
    ),
)
FILE = "dags/a/part/code.py"


@pytest.mark.parametrize(
    ("found", "place", "path"),
    [
        (Import(line=1, module="a.dag"), Place.OWN, "dags/a/dag.py"),
        (Import(line=1, module="a.part"), Place.OWN, "dags/a/part"),
        (Import(line=1, module="a", name="part"), Place.OWN, "dags/a/part"),
        (Import(line=1, module="a", name="nothing"), Place.MISSING, ""),
        (Import(line=1, module="requests"), Place.INSTALLED, ""),
        (Import(line=1, module="dags.requests"), Place.OWN, "dags/requests.py"),
        (Import(line=1, module="", name="requests", level=3), Place.OWN, "dags/requests.py"),
        (Import(line=1, module="json.more"), Place.INSTALLED, ""),
        (Import(line=1, module="odd", name="mine"), Place.OWN, "dags/odd/mine.py"),
        (Import(line=1, module="even", name="x"), Place.OWN, "dags/even/x.py"),
        (Import(line=1, module="loose", name="x"), Place.OWN, "dags/loose/x.py"),
        (Import(line=1, module="scripts.a", name="anything"), Place.OWN, "scripts/a/__init__.py"),
        (Import(line=1, module="scripts.a.deep.x", name="*"), Place.OWN, "scripts/a/deep/x.py"),
        (Import(line=1, module="scripts.a.deep", name="y"), Place.MISSING, ""),
        (Import(line=1, module="", name="code", level=1), Place.OWN, FILE),
        (Import(line=1, module="dag", name="x", level=2), Place.OWN, "dags/a/dag.py"),
        (Import(line=1, module="b.dag", name="x", level=3), Place.FOREIGN, "dags/b/dag.py"),
        (Import(line=1, module="x", level=9), Place.MISSING, ""),
        (Import(line=1, module="six.x"), Place.INSTALLED, ""),
        (Import(line=1, module="odd.x.y"), Place.INSTALLED, ""),
        (Import(line=1, module="odd.x", name="z"), Place.MISSING, ""),
        (Import(line=1, module="scripts.b"), Place.FOREIGN, "scripts/b/__init__.py"),
        (Import(line=1, module="scripts", name="a_more"), Place.FOREIGN, "scripts/a_more"),
        (Import(line=1, module="scripts.c"), Place.MISSING, ""),
        (Import(line=1, module="c"), Place.MISSING, ""),
    ],
)
def test_an_import_leads_to_the_first_place_that_has_it(found: Import, place: Place, path: str) -> None:
    assert RESOLVER.place(FILE, found) == (place, path)


PACKED = "dags/a/p.zip/dag.py"
DEEP = "dags/a/p.zip/pack/m.py"


@pytest.mark.parametrize(
    ("file", "found", "place", "path"),
    [
        (PACKED, Import(line=1, module="pack", name="m"), Place.OWN, DEEP),
        (PACKED, Import(line=1, module="json"), Place.OWN, "dags/a/p.zip/json.py"),
        (DEEP, Import(line=1, module="json"), Place.OWN, "dags/a/p.zip/json.py"),
        (PACKED, Import(line=1, module="os"), Place.INSTALLED, ""),
        (PACKED, Import(line=1, module="requests"), Place.INSTALLED, ""),
        (PACKED, Import(line=1, module="a.part.code"), Place.OWN, FILE),
        (PACKED, Import(line=1, module="scripts.a"), Place.OWN, "scripts/a/__init__.py"),
        (PACKED, Import(line=1, module="pack", level=1), Place.OWN, "dags/a/p.zip/pack"),
        (DEEP, Import(line=1, module="dag", level=2), Place.OWN, PACKED),
        (DEEP, Import(line=1, module="dag", level=3), Place.MISSING, ""),
        (FILE, Import(line=1, module="pack.m"), Place.MISSING, ""),
        (FILE, Import(line=1, module="a.p.zip.dag"), Place.MISSING, ""),
    ],
)
def test_a_file_in_an_archive_has_that_before_all_else(
    file: str, found: Import, place: Place, path: str
) -> None:
    assert RESOLVER.place(file, found) == (place, path)
    assert RESOLVER.hidden(file, found) == ("dags/requests.py" if found.module == "requests" else "")


@pytest.mark.parametrize(
    ("file", "found", "whole"),
    [
        (FILE, Import(line=1, module="code", name="x", level=1), "a.part.code"),
        (FILE, Import(line=1, module="", name="code", level=1), "a.part"),
        (FILE, Import(line=1, module="dag", name="*", level=2), "a.dag"),
        (FILE, Import(line=1, module="", name="a", level=3), ""),
        (FILE, Import(line=1, module="", name="requests", level=3), "dags"),
        (FILE, Import(line=1, module="scripts.a.deep", name="x", level=4), None),
        ("dags/json/__init__.py", Import(line=1, module="more", name="x", level=1), "dags.json.more"),
        ("scripts/a/__init__.py", Import(line=1, module="deep", name="x", level=1), "scripts.a.deep"),
        ("dags/a/dag.py", Import(line=1, module="class.x", name="x", level=1), None),
        ("dags/a/dag.py", Import(line=1, module="", name="*", level=2), "dags"),
        (PACKED, Import(line=1, module="pack", name="m", level=1), "pack"),
        (PACKED, Import(line=1, module="", name="pack", level=1), ""),
        (DEEP, Import(line=1, module="", name="m", level=1), "pack"),
    ],
)
def test_a_relative_import_has_a_whole_name(file: str, found: Import, whole: str | None) -> None:
    assert RESOLVER.absolute(file, found) == whole


@pytest.mark.parametrize(
    ("file", "level", "at_top"),
    [
        (PACKED, 1, True),
        (DEEP, 2, True),
        (DEEP, 1, False),
        (DEEP, 3, False),
        (PACKED, 0, False),
        (FILE, 3, False),
    ],
)
def test_the_top_of_an_archive_is_known(file: str, level: int, *, at_top: bool) -> None:
    assert RESOLVER.is_at_top(file, Import(line=1, module="x", level=level)) is at_top


@pytest.mark.parametrize(
    ("found", "path"),
    [
        (Import(line=1, module="requests"), "dags/requests.py"),
        (Import(line=1, module="requests", name="get"), "dags/requests.py"),
        (Import(line=1, module="json", name="more"), "dags/json/more.py"),
        (Import(line=1, module="odd.x.y"), "dags/odd/x/y.py"),
        # These are most likely meant for what is installed.
        (Import(line=1, module="json"), ""),
        (Import(line=1, module="json", name="loads"), ""),
        (Import(line=1, module="odd.x"), ""),
        (Import(line=1, module="six"), ""),
        # These lead to the file.
        (Import(line=1, module="dags.requests"), ""),
        (Import(line=1, module="", name="requests", level=3), ""),
        (Import(line=1, module="odd", name="mine"), ""),
        (Import(line=1, module="even", name="x"), ""),
        (Import(line=1, module="a.dag"), ""),
    ],
)
def test_an_own_module_behind_an_installed_one_is_told(found: Import, path: str) -> None:
    assert RESOLVER.hidden(FILE, found) == path


@pytest.mark.parametrize(
    ("module", "hint"),
    [
        ("requets", ": did you mean 'requests'?"),
        ("bb", ""),
        ("aa", ": did you mean 'a'?"),
        ("odd.storag", ": did you mean 'storage'?"),
        ("jso", ": did you mean 'json'?"),  # its own folder of that name
        ("six", ""),
        ("astt", ""),
    ],
)
def test_a_near_name_is_one_of_the_types_own(module: str, hint: str) -> None:
    assert RESOLVER.near(module, ["requests", "odd-store", "not-there"]) == hint


def test_the_shortest_name_that_is_lacking_is_told() -> None:
    lacking = {name: RESOLVER.lacking(Import(line=1, module=name)) for name in ("odd.z.a", "zzz.a", "six.z")}
    assert lacking == {"odd.z.a": "odd.z", "zzz.a": "zzz", "six.z": ""}


def test_a_file_beside_is_found_by_its_end() -> None:
    assert [RESOLVER.beside(name) for name in ("code", "deep.x", "nothing", "m", "pack.m")] == [
        "dags/a/part/code.py",
        "scripts/a/deep/x.py",
        *("", "", ""),
    ]
