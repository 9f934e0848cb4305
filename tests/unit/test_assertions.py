"""Every test of this project asserts something, by itself or by a function that it calls.

This is read from the text: to parse all tests once more would take longer than most of them.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from .sources import message, python_files, text

# A function with all lines that follow and are empty, or indented deeper than its own, or end its arguments.
FUNCTION = re.compile(r"^( *)(?:async )?def (\w+)\((.*(?:\n(?:\1[ )].*)?)*)", re.MULTILINE)
STATEMENT = re.compile(r"^ +assert\b", re.MULTILINE)
CALL = re.compile(r"\b(\w+)\(")
ASSERTING = frozenset({"raises", "warns", "fail"})


class Function(NamedTuple):
    """A function, and the names of all that it calls; an assert statement is a call of ``fail``."""

    file: str
    name: str
    calls: set[str]


def functions(sources: Mapping[str, str]) -> list[Function]:
    """List the functions of some files' texts, without those inside of others."""
    return [
        Function(file, name, {"fail"} if STATEMENT.search(body) else set(CALL.findall(body)))
        for file, source in sources.items()
        for _, name, body in FUNCTION.findall(source)
    ]


def idle(found: list[Function]) -> list[str]:
    """Name the tests among functions that assert nothing."""
    tests = [each for each in found if each.name.startswith("test_")]
    others = [each for each in found if not each.name.startswith("test_")]
    asserting = set(ASSERTING)
    for _ in range(3):  # what calls a function that asserts does so too
        asserting |= {each.name for each in others if each.calls & asserting}
    return [f"{each.file}::{each.name}" for each in tests if not each.calls & asserting]


def test_every_test_asserts_something() -> None:
    found = functions({file: text(file) for file in python_files("tests")})
    assert sum(each.name.startswith("test_") for each in found) > 1000
    offenders = idle(found)
    assert not offenders, message("assert something, or delete the test", offenders)


def test_a_test_that_asserts_nothing_is_seen() -> None:
    sources = {
        "a.py": "def test_a(x: int) -> None:\n    print(1)\n    repository.load()\n\n"
        "def check() -> None:\n\n    assert 1\n",
        "b.py": "class A:\n    def test_b(self) -> None: ...\n    async def test_c(\n        self,\n"
        "    ) -> None:\n        check()\n    def test_d(self):\n        pass\n"
        "class B:\n    def test_d(self):\n        fail()\n",
        "c.py": '@mark("raises", [fail()])\ndef test_e():\n    with pytest.raises(X):\n        x()\n'
        '@mark("raises", [fail()])\ndef test_f():\n    # assert\n    y = "assert"\nassert 1\n',
    }
    assert idle(functions(sources)) == ["a.py::test_a", "b.py::test_b", "b.py::test_d", "c.py::test_f"]
