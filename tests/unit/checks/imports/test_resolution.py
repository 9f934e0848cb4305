"""Where an import leads to: what the import path has first, and other types' files where it has nothing."""

import pytest

from ci.checks.imports.imports import Import
from ci.checks.imports.resolution import ImportResolver, Origin

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
RESOLVER = ImportResolver(
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
PACKED = "dags/a/p.zip/dag.py"
DEEP = "dags/a/p.zip/pack/m.py"


def test_an_import_leads_to_the_first_origin_that_has_it() -> None:
    cases = {
        Import(line=1, module="a.dag"): (Origin.OWN, "dags/a/dag.py"),
        Import(line=1, module="a.part"): (Origin.OWN, "dags/a/part"),
        Import(line=1, module="a", name="part"): (Origin.OWN, "dags/a/part"),
        Import(line=1, module="a", name="nothing"): (Origin.MISSING, ""),
        Import(line=1, module="requests"): (Origin.INSTALLED, ""),
        Import(line=1, module="dags.requests"): (Origin.OWN, "dags/requests.py"),
        Import(line=1, module="", name="requests", level=3): (Origin.OWN, "dags/requests.py"),
        Import(line=1, module="json.more"): (Origin.INSTALLED, ""),
        Import(line=1, module="odd", name="mine"): (Origin.OWN, "dags/odd/mine.py"),
        Import(line=1, module="even", name="x"): (Origin.OWN, "dags/even/x.py"),
        Import(line=1, module="loose", name="x"): (Origin.OWN, "dags/loose/x.py"),
        Import(line=1, module="scripts.a", name="anything"): (Origin.OWN, "scripts/a/__init__.py"),
        Import(line=1, module="scripts.a.deep.x", name="*"): (Origin.OWN, "scripts/a/deep/x.py"),
        Import(line=1, module="scripts.a.deep", name="y"): (Origin.MISSING, ""),
        Import(line=1, module="", name="code", level=1): (Origin.OWN, FILE),
        Import(line=1, module="dag", name="x", level=2): (Origin.OWN, "dags/a/dag.py"),
        Import(line=1, module="b.dag", name="x", level=3): (Origin.FOREIGN, "dags/b/dag.py"),
        Import(line=1, module="x", level=9): (Origin.MISSING, ""),
        Import(line=1, module="six.x"): (Origin.INSTALLED, ""),
        Import(line=1, module="odd.x.y"): (Origin.INSTALLED, ""),
        Import(line=1, module="odd.x", name="z"): (Origin.MISSING, ""),
        Import(line=1, module="scripts.b"): (Origin.FOREIGN, "scripts/b/__init__.py"),
        Import(line=1, module="scripts", name="a_more"): (Origin.FOREIGN, "scripts/a_more"),
        Import(line=1, module="scripts.c"): (Origin.MISSING, ""),
        Import(line=1, module="c"): (Origin.MISSING, ""),
    }
    assert {imported: RESOLVER.resolve(FILE, imported) for imported in cases} == cases


@pytest.mark.parametrize(
    ("file", "imported", "origin", "path"),
    [
        (PACKED, Import(line=1, module="pack", name="m"), Origin.OWN, DEEP),
        (PACKED, Import(line=1, module="json"), Origin.OWN, "dags/a/p.zip/json.py"),
        (DEEP, Import(line=1, module="json"), Origin.OWN, "dags/a/p.zip/json.py"),
        (PACKED, Import(line=1, module="os"), Origin.INSTALLED, ""),
        (PACKED, Import(line=1, module="requests"), Origin.INSTALLED, ""),
        (PACKED, Import(line=1, module="a.part.code"), Origin.OWN, FILE),
        (PACKED, Import(line=1, module="scripts.a"), Origin.OWN, "scripts/a/__init__.py"),
        (PACKED, Import(line=1, module="pack", level=1), Origin.OWN, "dags/a/p.zip/pack"),
        (DEEP, Import(line=1, module="dag", level=2), Origin.OWN, PACKED),
        (DEEP, Import(line=1, module="dag", level=3), Origin.MISSING, ""),
        (FILE, Import(line=1, module="pack.m"), Origin.MISSING, ""),
        (FILE, Import(line=1, module="a.p.zip.dag"), Origin.MISSING, ""),
    ],
)
def test_a_file_in_an_archive_has_that_before_all_else(
    file: str, imported: Import, origin: Origin, path: str
) -> None:
    assert RESOLVER.resolve(file, imported) == (origin, path)
    assert RESOLVER.hidden(file, imported) == ("dags/requests.py" if imported.module == "requests" else "")


def test_a_relative_import_has_a_full_name() -> None:
    cases = {
        (FILE, Import(line=1, module="code", name="x", level=1)): "a.part.code",
        (FILE, Import(line=1, module="", name="code", level=1)): "a.part",
        (FILE, Import(line=1, module="dag", name="*", level=2)): "a.dag",
        (FILE, Import(line=1, module="", name="a", level=3)): "",
        (FILE, Import(line=1, module="", name="requests", level=3)): "dags",
        (FILE, Import(line=1, module="scripts.a.deep", name="x", level=4)): None,
        ("dags/json/__init__.py", Import(line=1, module="more", name="x", level=1)): "dags.json.more",
        ("scripts/a/__init__.py", Import(line=1, module="deep", name="x", level=1)): "scripts.a.deep",
        ("dags/a/dag.py", Import(line=1, module="class.x", name="x", level=1)): None,
        ("dags/a/dag.py", Import(line=1, module="", name="*", level=2)): "dags",
        (PACKED, Import(line=1, module="pack", name="m", level=1)): "pack",
        (PACKED, Import(line=1, module="", name="pack", level=1)): "",
        (DEEP, Import(line=1, module="", name="m", level=1)): "pack",
    }
    assert {(file, imported): RESOLVER.absolute(file, imported) for file, imported in cases} == cases


def test_the_top_of_an_archive_is_known() -> None:
    relative = [(PACKED, 1), (DEEP, 2), (DEEP, 1), (DEEP, 3), (PACKED, 0), (FILE, 3)]
    tops = [RESOLVER.is_at_top(file, Import(line=1, module="x", level=level)) for file, level in relative]
    assert tops == [True, True, False, False, False, False]


def test_an_own_module_behind_an_installed_one_is_hidden() -> None:
    cases = {
        Import(line=1, module="requests"): "dags/requests.py",
        Import(line=1, module="requests", name="get"): "dags/requests.py",
        Import(line=1, module="json", name="more"): "dags/json/more.py",
        Import(line=1, module="odd.x.y"): "dags/odd/x/y.py",
        # These are most likely meant for what is installed.
        Import(line=1, module="json"): "",
        Import(line=1, module="json", name="loads"): "",
        Import(line=1, module="odd.x"): "",
        Import(line=1, module="six"): "",
        # These lead to the file.
        Import(line=1, module="dags.requests"): "",
        Import(line=1, module="", name="requests", level=3): "",
        Import(line=1, module="odd", name="mine"): "",
        Import(line=1, module="even", name="x"): "",
        Import(line=1, module="a.dag"): "",
    }
    assert {imported: RESOLVER.hidden(FILE, imported) for imported in cases} == cases


def test_a_near_name_is_one_of_the_types_own() -> None:
    names = {"requets": "requests", "aa": "a", "odd.storag": "storage", "jso": "json"}
    names |= dict.fromkeys(("bb", "six", "astt"), "")
    declared = ["requests", "odd-store", "not-there"]
    hints = {name: RESOLVER.near(Import(line=1, module=name), name, declared) for name in names}
    assert hints == {name: f": did you mean {near!r}?" if near else "" for name, near in names.items()}


def test_the_shortest_lacking_name_and_a_file_with_the_end_of_a_name_are_returned() -> None:
    lacking = {name: RESOLVER.lacking(Import(line=1, module=name)) for name in ("odd.z.a", "zzz.a", "six.z")}
    assert lacking == {"odd.z.a": "odd.z", "zzz.a": "zzz", "six.z": ""}
    modules = ("code", "deep.x", "nothing", "m", "pack.m")
    files = [RESOLVER.beside(Import(line=1, module=name)) for name in modules]
    assert files == [FILE, "scripts/a/deep/x.py", "", "", ""]
