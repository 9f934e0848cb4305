"""The files that an import may load, by the place of the file that has it."""

import pytest

from ci.checks.imports.imports import Import
from ci.checks.imports.locations import files_imported, files_loaded, module_paths, reached

PACKED = "dags/a/p.zip/pack/m.py"


@pytest.mark.parametrize(
    ("file", "imported", "paths"),
    [
        ("dags/a/x.py", Import(line=1, module="b.c", name="d"), ["dags/b/c"]),
        ("dags/a/x.py", Import(line=1, module="dags.b"), ["dags/b", "dags/dags/b"]),
        ("dags/a/x.py", Import(line=1, module="", name="b", level=1), ["dags/a"]),
        ("dags/a/x.py", Import(line=1, module="b", name="c", level=2), ["dags/b"]),
        ("dags/a/x.py", Import(line=1, module="b", name="c", level=3), []),
        (PACKED, Import(line=1, module="b"), ["dags/a/p.zip/b", "dags/b"]),
        (PACKED, Import(line=1, module="b", name="c", level=2), ["dags/a/p.zip/b"]),
        (PACKED, Import(line=1, module="b", name="c", level=3), []),
    ],
)
def test_a_module_may_lie_at_these_paths(file: str, imported: Import, paths: list[str]) -> None:
    assert list(module_paths(file, imported)) == paths


@pytest.mark.parametrize(
    ("imported", "files"),
    [
        (Import(line=1, module="b", name="c"), ["b/__init__.py", "b.py", "b/c/__init__.py", "b/c.py"]),
        (Import(line=1, module="b", name="*"), ["b/__init__.py", "b.py"]),
        (Import(line=1, module="", name="*", level=1), ["a/__init__.py"]),
        (Import(line=1, module="", name="b", level=1), ["a/__init__.py", "a/b/__init__.py", "a/b.py"]),
    ],
)
def test_an_import_may_load_its_packages_too(imported: Import, files: list[str]) -> None:
    assert list(files_loaded("dags/a/x.py", imported)) == [f"dags/{file}" for file in files]


def test_a_file_imports_all_that_its_imports_may_load() -> None:
    files = {"dags/b/__init__.py", "dags/b.py", "dags/c/__init__.py", "dags/c.py"}
    assert files_imported("dags/a/x.py", "import b\ndef f():\n    import c") == files


def test_indirect_imports_are_reached_and_circles_end() -> None:
    graph = {"a": {"b"}, "b": {"a", "c"}, "d": {"e"}}
    assert reached(graph, {"a", "x"}) == {"a", "b", "c", "x"}
