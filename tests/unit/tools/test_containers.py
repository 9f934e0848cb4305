"""Packages of programs for containers: all that a program imports, and nothing else."""

import ast
from pathlib import Path

import pytest

from ci.tools import containers

CI = Path(containers.__file__).parents[1]
PROGRAMS = sorted(path for path in CI.glob("**/programs/*.py") if path.stem != "__init__")


def imported(text: str) -> set[str]:
    """Return the programs that a program imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            names |= {node.module} if node.module else {alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.relative_to(CI).as_posix())
def test_a_program_comes_with_all_that_it_imports(path: Path) -> None:
    texts = containers.program_texts(f"{path.parents[1].relative_to(CI).as_posix()}/{path.stem}")
    assert texts[path.stem] == path.read_text(encoding="utf-8")
    assert set().union(*map(imported, texts.values())) <= set(texts)


def test_the_recording_of_a_start_comes_alone() -> None:
    texts = containers.program_texts("image/bytecode", "image/task_start")
    assert set(texts) == {"__init__", "bytecode", "task_start"}
