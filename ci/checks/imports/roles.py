"""What a DAG type's Python files are for, by their text and imports: DAG files, tests, modules of others."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..report import Level
from .imports import Import
from .optional import last
from .resolution import Resolver

_DECORATORS = frozenset({"dag", "asset"})


def defines_dag(text: str) -> bool:
    """Whether a file has a DAG(…), @dag or @asset outside of tests' functions and classes.

    A DAG that a function of another file makes isn't seen.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # as ast.parse's documentation has them
        return False
    known = _DECORATORS.union(_aliases(tree))
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if any(_chain(each) & known for each in node.decorator_list):
                return True
            if node.name.lower().startswith("test") or "fixture" in map(last, node.decorator_list):
                continue
        # Other packages have classes of their own, such as DbtDag.
        if isinstance(node, ast.Call) and (
            last(node.func) in known or last(node.func).endswith(("DAG", "Dag"))
        ):
            return True
        waiting += ast.iter_child_nodes(node)
    return False


def may_hold_dag(text: str) -> bool:
    """Whether Airflow's DAG processor would look into a file, as its own guess has it."""
    lowered = text.lower()
    return "dag" in lowered and "airflow" in lowered


@dataclass(frozen=True, kw_only=True)
class Roles:
    """What is known of a type's files, by their paths.

    ``tests`` are named as tests are, define no DAG, and no other file leads to them; ``alone`` are the files
    that Airflow loads as DAG files, so that a relative import in them fails: surely, or maybe.
    """

    tests: frozenset[str]
    alone: Mapping[str, Level]


def roles(sources: Mapping[str, str], imports: Mapping[str, Iterable[Import]], resolver: Resolver) -> Roles:
    """The roles of a type's files.

    Args:
        sources: their texts, by path from the repository's root.
        imports: what each of them imports.
        resolver: knows where that leads.
    """
    defining = {path for path, text in sources.items() if path.startswith("dags/") and defines_dag(text)}
    leads = {
        path: {resolver.place(path, each)[1] for each in found if not each.typing} - {path}
        for path, found in imports.items()
    }
    tests = imports.keys() - _reached(
        [path for path in leads if not _is_test(path) or path in defining], leads
    )
    imported = {place for path, places in leads.items() if path not in tests for place in places}
    alone: dict[str, Level] = {}
    for path, text in sources.items():
        # Whatever imports from a package loads its __init__.py.
        surely = path not in imported and not path.endswith("/__init__.py")
        if path in tests:
            continue
        if path in defining:
            alone[path] = Level.ERROR if surely else Level.WARNING
        elif surely and path.startswith("dags/") and may_hold_dag(text):
            alone[path] = Level.WARNING
    return Roles(tests=frozenset(tests), alone=alone)


def _reached(start: Iterable[str], leads: Mapping[str, Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        path = waiting.pop()
        if path in leads and path not in found:
            found.add(path)
            waiting += leads[path]
    return found


def _aliases(tree: ast.Module) -> Iterator[str]:
    """What a file calls Airflow's DAG, dag and asset."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "airflow":
            yield from (
                each.asname for each in node.names if each.asname and each.name in {"DAG", *_DECORATORS}
            )


def _chain(decorator: ast.expr) -> set[str]:
    """All names of a decorator such as asset.multi(…)."""
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    return {last(each) for each in ast.walk(node) if isinstance(each, ast.Name | ast.Attribute)}


def _is_test(path: str) -> bool:
    *folders, name = path.split("/")
    return (
        name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py") or "tests" in folders
    )
