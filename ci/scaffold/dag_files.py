"""DAG files, read without running them: the ids of their DAGs, and the images that they name."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..checks.imports.optional import last, tree_of
from ..checks.imports.roles import may_hold_dag

_IMAGE = re.compile(r"[a-z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9._-]+)+(?:[:@].*)?|[a-z0-9._-]+:[\w.-]*")


@dataclass(frozen=True, kw_only=True)
class DagFile:
    """A Python file below dags/; ``path`` is relative to that folder.

    ``images`` are the texts in it that look like references of images; ``uses_own_path`` where its own path
    matters.
    """

    path: str
    defines: bool
    ids: frozenset[str]
    images: frozenset[str]
    uses_own_path: bool


def dag_files(code: Mapping[str, str]) -> dict[str, DagFile]:
    """Return the Python files below dags/, by path below it; ``code`` has texts by path from the root."""
    return {
        path.removeprefix("dags/"): _dag_file(path.removeprefix("dags/"), text)
        for path, text in sorted(code.items())
        if path.startswith("dags/")
    }


def _dag_file(path: str, text: str) -> DagFile:
    nodes = list(ast.walk(tree_of(text)))
    return DagFile(
        path=path,
        defines=may_hold_dag(text),
        ids=frozenset(_ids(nodes)),
        images=frozenset(
            node.value
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _IMAGE.fullmatch(node.value)
        ),
        uses_own_path=any(isinstance(node, ast.Name) and node.id == "__file__" for node in nodes),
    )


def _ids(nodes: list[ast.AST]) -> Iterator[str]:
    """Return the ids of DAGs that are written as texts, or follow from a function's name."""
    for node in nodes:
        if isinstance(node, ast.Call) and last(node.func) == "DAG":
            yield from _given(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                call = decorator if isinstance(decorator, ast.Call) else None
                if last(decorator) == "dag":
                    yield next(_given(call), node.name) if call else node.name


def _given(call: ast.Call) -> Iterator[str]:
    ids = [word.value for word in call.keywords if word.arg == "dag_id"] or call.args[:1]
    return (one.value for one in ids if isinstance(one, ast.Constant) and isinstance(one.value, str))
