"""What a Python file imports: every way to write it, and which of them may fail."""

from collections.abc import Iterable
from textwrap import indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.checks.imports.conditions import Python
from ci.checks.imports.imports import Import, imports_of

from ...environments import MARKERS


def names(text: str) -> list[str]:
    return names_of(imports_of(text))


def names_of(imports: Iterable[Import]) -> list[str]:
    return sorted("." * imported.level + imported.longest for imported in imports)


def test_every_import_is_found() -> None:
    cases = {
        "import a.b as c, d": ["a.b", "d"],
        "from a.b import c, d": ["a.b.c", "a.b.d"],
        "from a.b import *": ["a.b"],
        "from . import a": [".a"],
        "from ..a import b": ["..a.b"],
        "def f():\n    import a": ["a"],
        "async def f(x=__import__('a')):\n    async with b:\n        import c": ["a", "c"],
        "class A:\n    import a": ["a"],
        "import importlib\nimportlib.import_module('a.b')": ["a.b", "importlib"],
        "from importlib import import_module\nx = [import_module('a')]": ["a", "importlib.import_module"],
        "__import__('a')": ["a"],
        "import_module(name)": [],
        "import_module('.a', package)": [],
        "import_module(1)": [],
        "import_module()": [],
        "try:\n    import a\nfinally:\n    import b": ["a", "b"],
        "match x:\n    case 1:\n        import a": ["a"],
        "import": [],
        "\0": [],
        "": [],
    }
    assert {text: names(text) for text in cases} == cases


TRY = "try:\n  import a\nexcept ImportError:"
MAY_FAIL = [
    "try:\n    {}\nexcept ImportError:\n    pass",
    "try:\n    {}\nexcept (KeyError, ModuleNotFoundError):\n    pass",
    "try:\n    {}\nexcept Exception as error:\n    log(error)",
    "try:\n    {}\nexcept:\n    pass",
    "try:\n    {}\nexcept KeyError:\n    raise\nexcept ImportError:\n    pass",
    "try:\n    {}\nexcept ImportError:\n    pass\nexcept Exception:\n    raise",
    "try:\n    {}\nexcept ImportError as error:\n    if error.name == 'x':\n        raise",
    "try:\n    {}\nexcept ImportError:\n    if x:\n        raise\n    else:\n        y",
    "def f():\n  try:\n    {}\n  except ImportError:\n    if x:\n      return\n    raise",
    "while x:\n  try:\n    {}\n  except ImportError:\n    if x:\n      break\n    raise",
    "try:\n    {}\nexcept ImportError:\n    raise AirflowSkipException('not here')",
    "try:\n    {}\nexcept ImportError:\n    def f():\n        raise",
    "try:\n    try:\n        {}\n    except ImportError:\n        raise\nexcept ImportError:\n    pass",
    "try:\n    find()\nexcept ImportError:\n    {}",
    "try:\n    if x:\n        def f():\n            {}\nexcept builtins.ImportError:\n    pass",
    "with contextlib.suppress(ImportError):\n    {}",
    "if sys.version_info < (3, 11):\n    {}",
    "if sys.platform == 'win32':\n    {}\nelse:\n    import a",
    "import sys as s\nif x and s.version_info.major == 3:\n    {}",
    "from sys import platform\nif platform == 'linux':\n    {}",
    "from sys import version_info as v\nif v >= (3, 11):\n    {}",
    "import platform\nif platform.system() == 'Linux':\n    {}",
    "from platform import machine as m\nif m() == 'x86_64':\n    {}",
    "if os.name == 'nt':\n    {}",
    "if importlib.util.find_spec('b'):\n    {}",
    "from importlib.util import find_spec as there\nif there('b'):\n    {}",
    "if find_spec('b') is not None:\n    {}",
    "@task.virtualenv(requirements=['b'])\ndef f():\n    {}",
    "@task.external_python\ndef f():\n    {}",
    "@task.branch_virtualenv\ndef f():\n    {}",
    "@task.branch_external_python(python='x')\ndef f():\n    {}",
    "def f():\n    {}\nPythonVirtualenvOperator(task_id='a', python_callable=f)",
    "with d:\n    BranchPythonVirtualenvOperator(python_callable=f)\ndef f():\n    {}",
    "def f():\n    {}\nx = python.ExternalPythonOperator(python_callable=f)",
    "async def f():\n    {}\nBranchExternalPythonOperator(python_callable=f)",
    "def f():\n    {}\nExternalPythonOperator.partial(python_callable=f).expand(op_args=x)",
    "try:\n    try:\n        import a\n    except ImportError:\n        pass\nexcept ImportError:\n    {}",
    "try:\n    with suppress(ImportError):\n        import a\nexcept ImportError:\n    {}",
    "try:\n    if x:\n        import a\nexcept ImportError:\n    {}",
    "try:\n    def f():\n        import a\nexcept ImportError:\n    {}",
]
MUST_WORK = [
    "try:\n    pass\nexcept KeyError:\n    {}",
    "try:\n    {}\nexcept KeyError:\n    pass",
    "try:\n    pass\nexcept ImportError:\n    pass\nelse:\n    {}",
    "try:\n    pass\nexcept ImportError:\n    pass\nfinally:\n    {}",
    "try:\n    {}\nexcept Exception as error:\n    raise RuntimeError('x') from error",
    "try:\n    {}\nexcept (ValueError, ImportError):\n    raise",
    "try:\n    {}\nexcept ModuleNotFoundError:\n    log()\n    raise\nexcept ImportError:\n    pass",
    "try:\n    {}\nexcept:\n    if x:\n        raise\n    else:\n        raise KeyError",
    "try:\n    {}\nexcept ImportError:\n    with x:\n        raise",
    "try:\n    {}\nexcept ImportError:\n    def f():\n        return\n    raise",
    "try:\n    {}\nexcept ImportError:\n    sys.exit('no b')",
    "try:\n    import a\nexcept KeyError:\n    {}\nexcept ImportError:\n    pass",
    "try:\n    run()\nexcept Exception:\n    {}",
    "with suppress(KeyError):\n    {}",
    "with open(x):\n    {}",
    "if x:\n    {}",
    "def f(platform):\n    if platform == 'snowflake':\n        {}",
    "def f(platform):\n    if platform.name == 'snowflake':\n        {}",
    "import platform\nif platform.lower() == 'snowflake':\n    {}",
    "if version_info:\n    {}",
    "if self.sys.platform:\n    {}",
    "if find_spec:\n    {}",
    "if system():\n    {}",
    "if TYPE_CHECKING:\n    import a\nelse:\n    {}",
    "if x or TYPE_CHECKING:\n    {}",
    "if 1:\n    {}",
    "DEBUG = False\nDEBUG = x\nif DEBUG:\n    {}",
    "DEBUG = False\ndef f(DEBUG):\n    if DEBUG:\n        {}",
    "if not typing.TYPE_CHECKING:\n    {}",
    "@task\ndef f():\n    {}",
    "@task.kubernetes_cmd\ndef f():\n    {}",
    "@task.pyspark\ndef f():\n    {}",
    "def f():\n    {}\nPythonOperator(python_callable=f)",
    "def f():\n    {}\nPythonVirtualenvOperator(python_callable=f)\nPythonOperator(python_callable=f)",
    "def f():\n    {}\nPythonVirtualenvOperator(python_callable=f)\nf()",
    "def f():\n    {}\nPythonVirtualenvOperator(python_callable=g, op_args=f)",
    "def f():\n    {}\nPythonVirtualenvOperator(python_callable=m.f)",
]
UNREACHED = [
    "if TYPE_CHECKING:\n    {}",
    "if typing.TYPE_CHECKING:\n    {}",
    "import typing as t\nif t.TYPE_CHECKING:\n    {}",
    "from typing import TYPE_CHECKING as checking\nif checking:\n    {}",
    "if not TYPE_CHECKING:\n    x\nelse:\n    {}",
    "if x and TYPE_CHECKING:\n    {}",
    "if False:\n    {}",
    "if 0:\n    {}",
    "if None or ():\n    {}",
    "while False:\n    {}",
    "if True:\n    x\nelif y:\n    {}",
    "DEBUG = False\ndef f():\n    if DEBUG:\n        {}",
    "__import__('b') if 0 else x",
]


def test_an_import_must_work_unless_the_code_allows_for_its_failure() -> None:
    kinds = dict.fromkeys(MAY_FAIL, (True, False)) | dict.fromkeys(MUST_WORK, (False, False))
    kinds |= dict.fromkeys(UNREACHED, (False, True))
    imported = {
        text: [one for one in imports_of(text.format("import b")) if one.module == "b"] for text in kinds
    }
    assert {text: (one.optional, one.unreached) for text, (one,) in imported.items()} == kinds


PYTHON = Python.of_markers(MARKERS)  # 3.13.5 on Linux


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        ("sys.version_info >= (3, 13)", True),
        ("sys.version_info < (3, 11)", False),
        ("(3, 8) <= sys.version_info[:2] < (3, 12)", False),
        ("sys.version_info[0] == 2", False),
        ("sys.version_info.major >= 3 and sys.version_info.minor > 13", False),
        ("sys.hexversion >= 0x030D0000", True),
        ("sys.platform == 'win32'", False),
        ("sys.platform.startswith('linux')", True),
        ("sys.platform in ('win32', 'cygwin')", False),
        ("sys.platform not in {'win32', 'cygwin'}", True),
        ("os.name == 'nt'", False),
        ("platform.system().lower() == 'windows'", False),
        ("platform.python_implementation() == 'PyPy'", False),
        ("six.PY2", False),
        ("sys.platform == 'win32' or unknown", None),
        ("sys.platform == 'win32' and unknown", False),
        ("not (sys.platform == 'win32')", True),
        ("platform.machine() == 'x86_64'", None),  # an image has several
        ("sys.platform > 3", None),
        ("sys.version_info[9]", None),
    ],
)
def test_a_branch_that_the_images_python_never_takes_is_no_import(test: str, *, outcome: bool | None) -> None:
    start = "import os, platform, six, sys"
    found = imports_of(f"{start}\nif {test}:\n    import a\nelse:\n    import b", PYTHON)
    unreached = {one.module: one.unreached for one in found if one.module in {"a", "b"}}
    expected = {"a": outcome is False, "b": outcome is True}
    assert unreached == expected
    assert [one.optional for one in found if one.module == "a"] == [outcome is None]
    unknown = imports_of(f"{start}\nif {test}:\n    import a", Python())
    assert [(one.unreached, one.optional) for one in unknown if one.module == "a"] in (
        [(False, True)],
        [(False, False)],  # six isn't of the environment
    )


MAIN = "if __name__ == '__main__':\n    "


@pytest.mark.parametrize(
    ("text", "as_program"),
    [
        (f"{MAIN}import b", True),
        ("if '__main__' == __name__ and x:\n    import b", True),
        ("if x:\n    pass\nelif __name__ == '__main__':\n    import b", True),
        ("if __name__ != '__main__':\n    x\nelse:\n    import b", True),
        ("if not __name__ == '__main__':\n    x\nelse:\n    import b", True),
        (f"def main():\n    import b\n{MAIN}main()", True),
        (f"def main():\n    inner()\ndef inner():\n    import b\n{MAIN}main()", True),
        ("if __name__ == '__main__' or x:\n    import b", False),
        ("if __name__ != '__main__':\n    import b", False),
        ("if __name__ == 'other':\n    import b", False),
        ("if __name__ == '__main__':\n    x\nelse:\n    import b", False),
        (f"def main():\n    import b\nmain()\n{MAIN}main()", False),
        (f"@task\ndef main():\n    import b\n{MAIN}main()", False),
        ("def main():\n    import b", False),
    ],
)
def test_an_import_of_a_file_that_is_run_as_a_program_is_told_apart(text: str, *, as_program: bool) -> None:
    (imported,) = imports_of(text)
    assert (imported.as_program, imported.unreached, imported.optional) == (as_program, False, False)


def test_a_doctest_imports_nothing() -> None:
    assert names('def f():\n    """Do it.\n\n    >>> import b\n    """\n    import a') == ["a"]


def test_an_import_in_a_handler_is_a_fallback_for_the_try() -> None:
    for text, tried in (
        ("try:\n    import a\nexcept ImportError:\n    {}", [["a"]]),
        ("try:\n    import a, c\n    c.d()\nexcept Exception:\n    {}", [["a", "c"]]),
        ("try:\n    from . import a\nexcept ImportError:\n    if x:\n        {}", [[".a"]]),
        ("try:\n    with x:\n        import a\nexcept ImportError:\n    {}\n    raise", [["a"]]),
        ("try:\n    try:\n        import a\n    finally:\n        x\nexcept ImportError:\n    {}", [["a"]]),
        (f"{TRY}\n  try:\n    import c\n  except ImportError:\n    {{}}", [["a"], ["c"]]),
        (f"{TRY}\n  try:\n    {{}}\n  except ImportError:\n    raise", [["a"]]),
    ):
        (imported,) = [one for one in imports_of(text.format("import b")) if one.module == "b"]
        assert not imported.optional
        assert [names_of(group) for group in imported.fallback_for] == tried


def test_handlers_in_handlers_and_tries_in_tries_are_no_work() -> None:
    for depth in (15, 90):
        down, across = "", "import a"
        for at in range(depth):
            down += f"{' ' * at}try:\n{' ' * at} import a{at}, b{at}, c{at}\n{' ' * at}except ImportError:\n"
            across = f"try:\n{indent(across, ' ')}\nexcept ImportError:\n import b{at}"
        assert len(imports_of(f"{down}{' ' * depth}import z")) == 3 * depth + 1
        assert len(imports_of(across)) == depth + 1


def test_lines_and_what_the_file_wrote_are_kept() -> None:
    imports = imports_of("\nfrom ..a import b\n\nfrom . import c\nimport d.e\n")
    assert imports == (
        Import(line=2, module="a", name="b", level=2),
        Import(line=4, module="", name="c", level=1),
        Import(line=5, module="d.e"),
    )
    assert [imported.as_written for imported in imports] == ["..a", ".c", "d.e"]


def test_a_long_expression_is_no_mistake() -> None:
    for text in (
        "x = " + " + ".join(["a"] * 1200),
        "x = " + " and (b or ".join(["a"] * 40) + ")" * 39,
        "x = a" + ".b(1)" * 600,
        "f" + "()" * 600,
        "if a:\n    pass\n" + "elif a:\n    pass\n" * 600,
        "x = " + " + ".join(["a"] * 20_000),
    ):
        assert [one.module for one in imports_of(f"import b\n{text}")] in (["b"], [])
    text = " + ".join(["__import__('c')", *["a"] * 600])
    assert names(f"import b\nx = {text}") == ["b", "c"]


@given(st.text(max_size=60))
def test_no_text_makes_it_fail(text: str) -> None:
    assert imports_of(text) == tuple(sorted(set(imports_of(text))))
