"""The imports of a Python file, by its syntax tree: names with their lines, and whether they may fail."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from . import optional

# Airflow runs functions with these decorators, or given to these operators, in another Python.
_OTHER_PYTHON = frozenset(
    {"virtualenv", "branch_virtualenv", "external_python", "branch_external_python", "docker", "kubernetes"}
)
_OPERATORS = ("VirtualenvOperator", "ExternalPythonOperator")
_DYNAMIC = frozenset({"import_module", "__import__"})


@dataclass(frozen=True, order=True, kw_only=True)
class Import:
    """One name that a file imports.

    ``module`` is dotted, without the dots of a relative import, which ``level`` counts. ``name`` is taken of
    it, and may be a module too: empty where the module itself is imported, "*" for all. ``optional`` imports
    may fail; ``typing`` ones are for type checkers only. ``fallback_for`` has the groups of imports that it
    replaces, as in a handler: it must work unless all imports of one group do.
    """

    line: int
    module: str
    name: str = ""
    level: int = 0
    optional: bool = False
    typing: bool = False
    fallback_for: tuple[tuple["Import", ...], ...] = ()

    @property
    def longest(self) -> str:
        """The longest dotted name that may be a module."""
        parts = [self.module, self.name if self.name != "*" else ""]
        return ".".join(part for part in parts if part)

    @property
    def as_written(self) -> str:
        """The module as the file writes it; the name where the module has none."""
        return "." * self.level + (self.module or self.name)


@cache
def imports_of(text: str) -> tuple[Import, ...]:
    """Return the imports of a file, sorted; none where the text is no Python."""
    return tuple(sorted(set(_within(optional.tree_of(text)))))


@dataclass(frozen=True, kw_only=True)
class _Context:
    """The effect of the surrounding code on imports in a node, as the fields of Import of these names."""

    optional: bool = False
    typing: bool = False
    fallback_for: tuple[tuple[Import, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class _File:
    """Facts of a whole file: functions that run in another Python, and the meanings of imported names."""

    in_other_python: frozenset[str]
    meanings: Mapping[str, str]


def _within(tree: ast.Module) -> Iterator[Import]:
    file = _File(in_other_python=_functions_for_other_python(tree), meanings=optional.meanings(tree))
    # No recursion: a long expression is nested deeper than Python calls functions.
    waiting: list[tuple[ast.AST, _Context]] = [(tree, _Context())]
    while waiting:
        node, context = waiting.pop()
        for imported in _plain(node):
            yield replace(
                imported, optional=context.optional, typing=context.typing, fallback_for=context.fallback_for
            )
        for nodes, inner in _parts(node, context, file):
            waiting += [(child, inner) for child in nodes]


def _functions_for_other_python(tree: ast.Module) -> frozenset[str]:
    """Return the names of functions that a file uses only for tasks in another Python."""
    nodes = list(ast.walk(tree))
    given = [
        keyword.value
        for node in nodes
        if isinstance(node, ast.Call) and optional.last(_operator(node.func)).endswith(_OPERATORS)
        for keyword in node.keywords
        if keyword.arg == "python_callable"
    ]
    names = {value.id for value in given if isinstance(value, ast.Name)}
    used = {node.id for node in nodes if isinstance(node, ast.Name) and node not in given}
    return frozenset(names - used)


def _operator(func: ast.expr) -> ast.expr:
    """Return a called expression, PythonOperator also for PythonOperator.partial."""
    return func.value if isinstance(func, ast.Attribute) and func.attr == "partial" else func


def _plain(node: ast.AST) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(line=node.lineno, module=alias.name)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield Import(line=node.lineno, module=node.module or "", name=alias.name, level=node.level)
    elif isinstance(node, ast.Call) and optional.last(node.func) in _DYNAMIC and node.args:
        name = node.args[0].value if isinstance(node.args[0], ast.Constant) else ""
        if isinstance(name, str) and name and not name.startswith("."):
            yield Import(line=node.lineno, module=name)


def _parts(node: ast.AST, context: _Context, file: _File) -> list[tuple[Sequence[ast.AST], _Context]]:
    """Return the nodes in a node, with their context."""
    may_fail = replace(context, optional=True)
    if isinstance(node, ast.Try | ast.TryStar):
        body = may_fail if optional.tolerates(node.handlers) else context
        handlers = [([handler], _handler_context(handler, node, context)) for handler in node.handlers]
        return [(node.body, body), *handlers, ([*node.orelse, *node.finalbody], context)]
    if isinstance(node, ast.With) and any(optional.suppresses(item.context_expr) for item in node.items):
        return [(node.body, may_fail)]
    if isinstance(node, ast.If):
        decided = may_fail if optional.decides(node.test, file.meanings) else context
        negated = isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
        inner = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
        checked = replace(decided, typing=True) if optional.last(inner) == "TYPE_CHECKING" else decided
        body, orelse = (decided, checked) if negated else (checked, decided)
        return [([node.test], decided), (node.body, body), (node.orelse, orelse)]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        decorators = map(optional.last, node.decorator_list)
        other_python = node.name in file.in_other_python or not _OTHER_PYTHON.isdisjoint(decorators)
        body = may_fail if other_python else context
        return [(node.body, body), ([*node.decorator_list, node.args], context)]
    return [(list(ast.iter_child_nodes(node)), context)]


def _handler_context(handler: ast.ExceptHandler, node: ast.Try | ast.TryStar, context: _Context) -> _Context:
    """Return the context in a handler: its imports must work where those of the try fail."""
    if not optional.catches(handler.type):
        return context
    if tried := tuple(_tried(node.body)):
        return replace(context, fallback_for=(*context.fallback_for, tried))
    # No import of the body raises; an Exception is most likely something else.
    return replace(context, optional=True) if optional.catches_nothing_else(handler.type) else context


def _tried(body: Sequence[ast.stmt]) -> Iterator[Import]:
    """Yield the imports that must work in the body of a try."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.If):
            continue
        if isinstance(node, ast.Try | ast.TryStar) and optional.tolerates(node.handlers):
            continue
        if isinstance(node, ast.With) and any(optional.suppresses(item.context_expr) for item in node.items):
            continue
        yield from _plain(node)
        waiting += ast.iter_child_nodes(node)
