"""What a Python file imports: every way to write it, and which of them may fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.dependencies.imports_of import Import, imports_of


def names(text: str) -> list[str]:
    return sorted("." * each.level + each.longest for each in imports_of(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import a.b as c, d", ["a.b", "d"]),
        ("from a.b import c, d", ["a.b.c", "a.b.d"]),
        ("from a.b import *", ["a.b"]),
        ("from . import a", [".a"]),
        ("from ..a import b", ["..a.b"]),
        ("def f():\n    import a", ["a"]),
        ("async def f(x=__import__('a')):\n    async with b:\n        import c", ["a", "c"]),
        ("class A:\n    import a", ["a"]),
        ("import importlib\nimportlib.import_module('a.b')", ["a.b", "importlib"]),
        ("from importlib import import_module\nx = [import_module('a')]", ["a", "importlib.import_module"]),
        ("__import__('a')", ["a"]),
        ("import_module(name)", []),
        ("import_module('.a', package)", []),
        ("import_module(1)", []),
        ("import_module()", []),
        ("try:\n    import a\nfinally:\n    import b", ["a", "b"]),
        ("match x:\n    case 1:\n        import a", ["a"]),
        ("import", []),
        ("\0", []),
        ("", []),
    ],
)
def test_every_import_is_found(text: str, found: list[str]) -> None:
    assert names(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    {}\nexcept ImportError:\n    pass",
        "try:\n    {}\nexcept (KeyError, ModuleNotFoundError):\n    pass",
        "try:\n    {}\nexcept Exception as error:\n    raise",
        "try:\n    {}\nexcept:\n    pass",
        "try:\n    import a\nexcept ImportError:\n    {}",
        "try:\n    if x:\n        def f():\n            {}\nexcept builtins.ImportError:\n    pass",
        "with contextlib.suppress(ImportError):\n    {}",
        "if sys.version_info < (3, 11):\n    {}",
        "if sys.platform == 'win32':\n    {}\nelse:\n    import a",
        "if importlib.util.find_spec('b'):\n    {}",
        "@task.virtualenv(requirements=['b'])\ndef f():\n    {}",
        "@task.external_python\ndef f():\n    {}",
    ],
)
def test_an_import_that_may_fail_is_known(text: str) -> None:
    found = imports_of(text.format("import b"))
    assert [each.optional for each in found if each.module == "b"] == [True]
    assert not any(each.typing for each in found)


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    pass\nexcept KeyError:\n    {}",
        "try:\n    {}\nexcept KeyError:\n    pass",
        "try:\n    pass\nexcept ImportError:\n    pass\nelse:\n    {}",
        "try:\n    pass\nexcept ImportError:\n    pass\nfinally:\n    {}",
        "with suppress(KeyError):\n    {}",
        "with open(x):\n    {}",
        "if x:\n    {}",
        "if TYPE_CHECKING:\n    import a\nelse:\n    {}",
        "if not typing.TYPE_CHECKING:\n    {}",
        "@task\ndef f():\n    {}",
    ],
)
def test_an_import_that_must_not_fail_is_known(text: str) -> None:
    (found,) = [each for each in imports_of(text.format("import b")) if each.module == "b"]
    assert (found.optional, found.typing) == (False, False)


@pytest.mark.parametrize(
    "text",
    [
        "if TYPE_CHECKING:\n    {}",
        "if typing.TYPE_CHECKING:\n    {}",
        "if not TYPE_CHECKING:\n    x\nelse:\n    {}",
    ],
)
def test_an_import_for_type_checkers_is_known(text: str) -> None:
    (found,) = imports_of(text.format("import b"))
    assert found.typing


def test_lines_and_what_the_file_wrote_are_kept() -> None:
    assert imports_of("\nfrom ..a import b\n\nfrom . import c\nimport d.e\n") == (
        Import(line=2, module="a", name="b", level=2),
        Import(line=4, module="", name="c", level=1),
        Import(line=5, module="d.e"),
    )
    assert [each.shown for each in imports_of("from ..a import b\nfrom . import c\nimport d.e")] == [
        "..a",
        ".c",
        "d.e",
    ]


@given(st.text(max_size=60))
def test_no_text_makes_it_fail(text: str) -> None:
    assert imports_of(text) == tuple(sorted(set(imports_of(text))))
