"""The rules of how this project is laid out: which way data flows, how long a file is, what is documented."""

import ast
import re
import sys
from collections.abc import Callable
from graphlib import TopologicalSorter
from typing import Any

import pytest

from .sources import CODE, PROJECT, imported, parsed, public_definitions, python_files

# The files of the module that know Dagger; all others are pure logic and are tested here.
DAGGER_SIDE = {
    f"ci/{name}.py"
    for name in (
        "__init__",
        "afterwards",
        "answers",
        "arguments",
        "attesting",
        "base",
        "bills",
        "boundary",
        "caretaker",
        "caring/bumping",
        "caring/rescanning",
        "changes/affected_result",
        "changes/due",
        "changes/reading",
        "checks",
        "database",
        "delivery",
        "dependencies/checking",
        "dependencies/explaining",
        "dependencies/installed",
        "gate",
        "history",
        "identity",
        "image",
        "job",
        "layers",
        "locked_tools",
        "locker",
        "locking",
        "loopback",
        "main",
        "outside",
        "pipeline",
        "promoting",
        "published",
        "publisher",
        "publishing",
        "registry",
        "reports",
        "reproducing",
        "results",
        "running",
        "scan",
        "scanning",
        "shared_layers",
        "signing",
        "smoke",
        "sources",
        "starter",
        "testbed",
        "tester",
        "testing/all_types",
        "testing/suite",
        "trivy",
        "upgrading/newest",
        "upgrading/trying",
        "verifying",
        "vouching",
    )
}
MODULE = python_files("ci")
INSIDE = [file for file in MODULE if file.startswith("ci/inside/")]
PURE = [file for file in MODULE if file not in DAGGER_SIDE]


def test_the_files_that_know_dagger_are_there() -> None:
    assert set(MODULE) >= DAGGER_SIDE
    assert PURE


@pytest.mark.parametrize("file", PURE)
def test_a_pure_file_imports_neither_dagger_nor_a_file_that_does(file: str) -> None:
    assert not {name for name in imported(file) if name.partition(".")[0] in {"dagger", "ci"}}
    assert not imported(file) & DAGGER_SIDE


@pytest.mark.parametrize("file", sorted(DAGGER_SIDE))
def test_what_a_step_gives_is_asked_for_again_where_the_engine_lost_it(file: str) -> None:
    called = {
        node.func.attr
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args
    }
    assert not {"contents", "stdout", "stderr", "image_ref", "entries", "entrypoint"} & called


@pytest.mark.parametrize("file", INSIDE)
def test_a_program_for_containers_starts_with_the_standard_library_alone(file: str) -> None:
    top = {
        name if name.startswith(".") else name.partition(".")[0]
        for node in parsed(file).body
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [f"{'.' * node.level}{node.module or alias.name}" for alias in node.names]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    beside = {f".{other.rpartition('/')[2].removesuffix('.py')}" for other in INSIDE}
    assert top <= sys.stdlib_module_names | beside


def test_data_flows_one_way() -> None:
    graph = {file: imported(file) & set(MODULE) for file in MODULE}
    order = list(TopologicalSorter(graph).static_order())  # raises for a circle
    assert order.index("ci/main.py") > order.index("ci/image.py") > order.index("ci/layers.py")
    assert [file for file, uses in graph.items() if "ci/main.py" in uses] == ["ci/__init__.py"]


def test_every_file_of_the_module_is_used() -> None:
    used = {"ci/__init__.py", *INSIDE}.union(*(imported(file) for file in MODULE))
    assert set(MODULE) <= used


@pytest.mark.parametrize("file", python_files(*CODE))
def test_no_file_is_too_long_to_be_about_one_noun(file: str) -> None:
    length = len((PROJECT / file).read_text(encoding="utf-8").splitlines())
    assert length <= 300, f"{file} has {length} lines: split it by noun"


@pytest.mark.parametrize("tree", [*CODE, "images"])
def test_nothing_is_called_utils_or_helpers(tree: str) -> None:
    names = {path.stem for path in (PROJECT / tree).rglob("*")}
    assert not names & {"utils", "util", "helpers", "helper", "common", "misc"}


@pytest.mark.parametrize("file", python_files("ci", "airgap"))
def test_everything_public_has_a_docstring(file: str) -> None:
    definitions = [("the module", parsed(file)), *public_definitions(parsed(file))]
    assert not [name for name, node in definitions if not ast.get_docstring(node)]


@pytest.mark.parametrize(
    "file", sorted(p.relative_to(PROJECT).as_posix() for p in (PROJECT / "ci").rglob("*.*"))
)
def test_the_module_does_not_know_where_its_engine_comes_from(file: str) -> None:
    if not file.endswith(".pyc"):
        # A message may name a page of the documentation.
        assert not re.search(r"airgap", (PROJECT / file).read_text(encoding="utf-8"))


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(files: list[str], accepted: Callable[[str], bool]) -> list[tuple[str, Function]]:
    return [
        (f"{file}::{node.name}", node)
        for file in files
        for node in ast.walk(parsed(file))
        if isinstance(node, Function) and accepted(node.name)
    ]


def called(node: ast.AST) -> set[str]:
    calls: list[Any] = [each.func for each in ast.walk(node) if isinstance(each, ast.Call)]
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


def asserts(node: ast.AST, asserting: set[str]) -> bool:
    return any(isinstance(each, ast.Assert) for each in ast.walk(node)) or bool(called(node) & asserting)


def test_every_test_asserts_something() -> None:
    files = python_files("tests")
    asserting = {"raises", "warns", "fail"}
    helpers = functions(files, lambda name: not name.startswith("test_"))
    for _ in range(3):  # what calls a function that asserts does so too
        asserting |= {node.name for _, node in helpers if asserts(node, asserting)}
    tests = functions(files, lambda name: name.startswith("test_"))
    assert len(tests) > 100
    assert not [name for name, node in tests if not asserts(node, asserting)]


def test_a_test_that_asserts_nothing_is_seen() -> None:
    empty = ast.parse("def test_x():\n    print(1)\n    repository.load()\n")
    assert not asserts(empty, {"raises"})
