"""The roles of a DAG type's Python files, by their text and imports: DAG files, tests, modules."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..report import Level
from .imports import Import
from .locations import reached
from .optional import last, names, tree_of
from .resolution import ImportResolver

_DECORATORS = frozenset({"dag", "asset"})


def defines_dag(text: str) -> bool:
    """Return whether a file has a DAG(…), @dag or @asset outside of tests' functions and classes.

    A DAG that a function of another file makes isn't detected.
    """
    tree = tree_of(text)
    defining = _DECORATORS.union(_aliases(tree))
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            # Of a decorator such as asset.multi(…), all names count.
            decorators = (one.func if isinstance(one, ast.Call) else one for one in node.decorator_list)
            if any(names(decorator) & defining for decorator in decorators):
                return True
            if node.name.lower().startswith("test") or "fixture" in map(last, node.decorator_list):
                continue
        # Other packages have classes of their own, such as DbtDag.
        if isinstance(node, ast.Call) and (
            last(node.func) in defining or last(node.func).endswith(("DAG", "Dag"))
        ):
            return True
        waiting += ast.iter_child_nodes(node)
    return False


def may_hold_dag(text: str) -> bool:
    """Return whether Airflow's DAG processor would load a file, by the rule that it uses itself."""
    lowered = text.lower()
    return "airflow" in lowered and ("dag" in lowered or "asset" in lowered)


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The roles of a type's files, by path.

    ``tests`` are named like tests, define no DAG, and no other file imports them; ``alone`` are the files
    that Airflow loads by themselves, so that a relative import in them fails: surely (an error), or maybe.
    """

    tests: frozenset[str]
    alone: Mapping[str, Level]


def roles(
    texts: Mapping[str, str], imports: Mapping[str, Iterable[Import]], resolver: ImportResolver
) -> Roles:
    """Return the roles of a type's files, by their texts and imports, both by path from the root."""
    defining = {path for path, text in texts.items() if path.startswith("dags/") and defines_dag(text)}
    graph: dict[str, set[str]] = {}
    for path, file_imports in imports.items():
        targets = {resolver.resolve(path, imported)[1] for imported in file_imports if not imported.unreached}
        graph[path] = targets - {path}
    tests = imports.keys() - reached(
        graph, [path for path in graph if not _is_test(path) or path in defining]
    )
    imported_files = {target for path, targets in graph.items() if path not in tests for target in targets}
    alone: dict[str, Level] = {}
    for path, text in texts.items():
        # An import from a package loads its __init__.py.
        surely = path not in imported_files and not path.endswith("/__init__.py")
        if path in tests:
            continue
        if path in defining:
            alone[path] = Level.ERROR if surely else Level.WARNING
        elif surely and path.startswith("dags/") and may_hold_dag(text):
            alone[path] = Level.WARNING
    return Roles(tests=frozenset(tests), alone=alone)


def _aliases(tree: ast.Module) -> Iterator[str]:
    """Yield the other names that a file gives Airflow's DAG, dag and asset."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "airflow":
            aliases = [alias for alias in node.names if alias.name in {"DAG", *_DECORATORS}]
            yield from (alias.asname for alias in aliases if alias.asname)


def _is_test(path: str) -> bool:
    *folders, name = path.split("/")
    named = name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")
    return named or "tests" in folders
