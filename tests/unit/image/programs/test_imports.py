"""The modules that a requirement installed, and what can't be imported of them and of their names."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.checks.imports.imported import Imported
from ci.image.programs import imports
from ci.image.programs.imports import applies, breakage_of, failures, modules_of

MODULE = "sample_module_of_a_test"
IDENTIFIERS = st.sampled_from(["dbt", "adapters", "postgres", "core", "__init__", "tests", "x-y"])
FILES = st.lists(
    st.tuples(
        st.lists(IDENTIFIERS, min_size=1, max_size=4).map("/".join), st.sampled_from([".py", ".so", ".txt"])
    ),
    max_size=8,
).map(lambda result: [f"{path}{suffix}" for path, suffix in result])


@pytest.mark.parametrize(
    ("files", "modules"),
    [
        (["httpx/__init__.py", "httpx/_api.py", "httpx/_transports/__init__.py"], ["httpx"]),
        (["six.py"], ["six"]),
        (["_cffi_backend.cpython-313-x86_64-linux-gnu.so", "cffi/__init__.py"], ["_cffi_backend", "cffi"]),
        (["psycopg_binary/__init__.py", "psycopg_binary/_psycopg.cpython-313.so"], ["psycopg_binary"]),
        (
            ["dbt/adapters/a/__init__.py", "dbt/adapters/a/impl.py", "dbt/include/a/__init__.py"],
            ["dbt.adapters.a", "dbt.include.a"],
        ),
        (
            ["google/cloud/storage/__init__.py", "google/cloud/version.py"],
            ["google.cloud.storage", "google.cloud.version"],
        ),
        (["a/__init__.py", "b/__init__.py", "c.py"], ["a", "b", "c"]),
    ],
)
def test_the_outermost_modules_are_found(files: list[str], modules: list[str]) -> None:
    assert modules_of(files) == modules


NO_MODULES = (
    *("httpx-0.28.1.dist-info/METADATA", "httpx-0.28.1.dist-info/licenses/code.py", "share/data.json"),
    *("distutils-precedence.pth", "../../../bin/httpx", "../../../bin/tool.py", "/usr/lib/other.py"),
    *("tests/__init__.py", "test/test_it.py", "docs/conf.py", "psycopg_binary.libs/libpq-1.so"),
    *("numpy.libs/libopenblas.so.3", "requests-stubs/__init__.pyi"),
)


def test_what_is_no_module_of_the_package_is_left_out() -> None:
    assert [file for file in NO_MODULES if modules_of([file])] == []
    assert modules_of(["httpx/__init__.py", *NO_MODULES]) == ["httpx"]


@given(FILES)
def test_every_module_is_a_name_of_its_own_and_in_none_of_the_others(files: list[str]) -> None:
    modules = modules_of(files)
    assert all(part.isidentifier() for module in modules for part in module.split("."))
    assert not [(a, b) for a in modules for b in modules if a.startswith(f"{b}.")]
    assert modules_of(files[::-1]) == modules


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("httpx==0.28.1", True),
        ("httpx==0.28.1; python_version >= '3'", True),
        ("httpx==0.28.1 ; sys_platform == 'nowhere'", False),
    ],
)
def test_a_requirement_applies_where_its_marker_holds(requirement: str, *, expected: bool) -> None:
    assert applies(requirement) is expected


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder in which the package 'sample-package' is installed, with one module."""
    folder = tmp_path / "sample_package-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: sample-package\nVersion: 1.0\n")
    (folder / "RECORD").write_text(f"{MODULE}.py,,\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield tmp_path / f"{MODULE}.py"
    sys.modules.pop(MODULE, None)


@pytest.mark.parametrize(
    "form", ["sample-package==1.0", "Sample_Package[extra]==1.0", "sample-package ===1.0"]
)
def test_a_package_that_imports_is_not_broken(installed: Path, form: str) -> None:
    installed.write_text("")
    assert not breakage_of(form, [], {})


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise OSError('libpq.so.5:\\n cannot open')", "OSError: libpq.so.5: cannot open"),
    ],
)
def test_a_package_of_which_no_module_imports_is_broken_with_the_cause(
    installed: Path, code: str, cause: str
) -> None:
    installed.write_text(code)
    assert breakage_of("sample-package==1.0", [], {}) == f"import {MODULE}: {cause}"
    assert failures([MODULE, f"{MODULE}:name"])[f"{MODULE}:name"]["cause"] == cause


def test_a_package_that_is_not_there_is_broken() -> None:
    assert breakage_of("nothing-of-that-name==1", [], {}) == "not installed"


OPTIONAL = ("needs_an_extra", "raise ImportError('an extra')")


@pytest.mark.parametrize(
    ("files", "broken"),
    [
        ({"needs_an_extra.py": OPTIONAL[1], f"{MODULE}.py": ""}, False),
        ({"needs_an_extra.py": OPTIONAL[1], f"z{MODULE}/__init__.py": ""}, False),
        ({"needs_an_extra.py": OPTIONAL[1]}, True),
        ({"sample_package-stubs/__init__.pyi": ""}, False),  # types
        ({"../../../bin/sample": ""}, False),  # a program
        ({"share/data.json": ""}, False),
        ({f"{MODULE}_space/inner/leaf.py": ""}, False),  # a namespace
        ({f"{MODULE}_space/inner/leaf.py": OPTIONAL[1]}, True),
    ],
)
def test_a_package_is_broken_where_it_has_modules_and_none_can_be_imported(
    installed: Path, files: dict[str, str], *, broken: bool
) -> None:
    folder = installed.parent
    record = folder / "sample_package-1.0.dist-info/RECORD"
    record.write_text("".join(f"{file},,\n" for file in files))
    for file, text in files.items():
        if not file.startswith(".."):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
    before = set(sys.modules)
    try:
        assert bool(breakage_of("sample-package==1.0", [], {})) is broken
    finally:
        for name in set(sys.modules) - before:
            del sys.modules[name]


def test_what_was_imported_already_tells_that_a_package_works(installed: Path) -> None:
    installed.write_text("raise ImportError")
    assert not breakage_of("sample-package==1.0", [f"{MODULE}:x"], {})
    assert breakage_of("sample-package==1.0", [f"{MODULE}:x"], {f"{MODULE}:x": {}})


@pytest.mark.parametrize(
    ("name", "cause", "elsewhere"),
    [
        ("json:loads", "", ""),
        ("json:*", "", ""),
        ("json:decoder", "", ""),
        ("email:mime", "", ""),  # a module
        ("json:load_all", "ImportError: cannot import name 'load_all' from 'json'", ""),
        ("json:JSONArray", "ImportError: cannot import name 'JSONArray' from 'json'", "json.decoder"),
        ("json.decode", "ModuleNotFoundError: No module named 'json.decode'", "json.decoder"),
        ("json.nothing.x", "ModuleNotFoundError: No module named 'json.nothing'", ""),
    ],
)
def test_a_name_that_a_module_lacks_is_told_with_where_it_is(name: str, cause: str, elsewhere: str) -> None:
    expected = {name: {"cause": cause, "elsewhere": elsewhere}} if cause else {}
    assert failures([name]) == expected


def test_the_last_line_is_the_answer_as_json(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    installed.write_text("print('noise')")
    requirements = ["sample-package==1.0", "nothing-of-that-name==1", "other==1; sys_platform == 'nowhere'"]
    assert imports.main([*requirements, "--", "json:loads", "nothing.x:y"]) == 0
    answer = Imported.model_validate_json(capsys.readouterr().out.splitlines()[-1])
    assert answer.broken == {"nothing-of-that-name==1": "not installed"}
    assert [*answer.failed] == ["nothing.x:y"]
    assert answer.failed["nothing.x:y"].lacks("nothing.x")
