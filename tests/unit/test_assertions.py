"""Every test of this project asserts something, by itself or by a function that it calls."""

import ast
from typing import Any

from .sources import message, nodes, python_files, text

Function = ast.FunctionDef | ast.AsyncFunctionDef
ASSERTING = frozenset({"raises", "warns", "fail"})


def functions(tree: ast.Module) -> list[Function]:
    """List the functions of a module and of its classes."""
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    return [node for body in bodies for node in body if isinstance(node, Function)]


def called(node: ast.AST) -> set[str]:
    """Name all that a function calls; an assert statement counts as a call of ``fail``."""
    found: set[str] = set()
    for each in nodes(node):
        if isinstance(each, ast.Assert):
            found.add("fail")
        elif isinstance(each, ast.Call):
            function: Any = each.func
            found.add(function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", ""))
    return found


def asserts_at_once(node: Function) -> bool:
    """Whether an assert is among a function's own statements, which needs no walk."""
    return any(isinstance(statement, ast.Assert) for statement in node.body)


def idle(sources: dict[str, str]) -> list[str]:
    """Name the tests among some files' texts that assert nothing."""
    every = {file: functions(ast.parse(source)) for file, source in sources.items()}
    rest = {
        (file, node.name): {"fail"} if asserts_at_once(node) else called(node)
        for file, found in every.items()
        for node in found
    }
    asserting = set(ASSERTING)
    helpers = [(name, calls) for (_, name), calls in rest.items() if not name.startswith("test_")]
    for _ in range(3):  # what calls a function that asserts does so too
        asserting |= {name for name, calls in helpers if calls & asserting}
    return [
        f"{file}::{name}"
        for (file, name), calls in rest.items()
        if name.startswith("test_") and not calls & asserting
    ]


def test_every_test_asserts_something() -> None:
    sources = {file: text(file) for file in python_files("tests")}
    assert sum(source.count("\ndef test_") for source in sources.values()) > 1000
    offenders = idle(sources)
    assert not offenders, message("assert something, or delete the test", offenders)


def test_a_test_that_asserts_nothing_is_seen() -> None:
    sources = {
        "a.py": "def test_x():\n    print(1)\n    repository.load()\n\ndef check():\n    assert 1\n",
        "b.py": "class A:\n    def test_y(self): ...\n    async def test_z(self):\n        check()\n",
        "c.py": "def test_w():\n    with pytest.raises(ValueError):\n        x()\n",
    }
    assert idle(sources) == ["a.py::test_x", "b.py::test_y"]
