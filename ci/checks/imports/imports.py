"""The imports of a Python file, by its syntax tree: names with their lines, and whether they may fail."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from . import optional
from .conditions import Conditions, Python

# Airflow runs functions with these decorators, or given to these operators, in another Python.
_OTHER_PYTHON = frozenset(
    {"virtualenv", "branch_virtualenv", "external_python", "branch_external_python", "docker", "kubernetes"}
)
_OPERATORS = ("VirtualenvOperator", "ExternalPythonOperator")
_DYNAMIC = frozenset({"import_module", "__import__"})
_ANY = Python()


@dataclass(frozen=True, order=True, kw_only=True)
class Import:
    """One name that a file imports.

    ``module`` is dotted, without the dots of a relative import, which ``level`` counts. ``name`` is taken of
    it, and may be a module too: empty where the module itself is imported, "*" for all. ``optional`` imports
    may fail; ``unreached`` ones are never run, as for type checkers alone; ``as_program`` ones only where the
    file is run as a program. ``fallback_for`` has the groups of imports that it replaces, as in a handler: it
    must work unless all imports of one group do.
    """

    line: int
    module: str
    name: str = ""
    level: int = 0
    optional: bool = False
    unreached: bool = False
    as_program: bool = False
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
def imports_of(text: str, python: Python = _ANY) -> tuple[Import, ...]:
    """Return the imports of a file as a Python runs it, sorted; none where the text is no Python."""
    return tuple(sorted(set(_within(optional.tree_of(text), python))))


@dataclass(frozen=True, kw_only=True)
class _Context:
    """The effect of the surrounding code on imports in a node, as the fields of Import of these names."""

    optional: bool = False
    unreached: bool = False
    as_program: bool = False
    fallback_for: tuple[tuple[Import, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class _File:
    """Facts of a whole file: functions for another Python or a program, meanings of names and conditions."""

    in_other_python: frozenset[str]
    of_program: frozenset[str]
    meanings: Mapping[str, str]
    conditions: Conditions


def _within(tree: ast.Module, python: Python) -> Iterator[Import]:
    meanings = optional.meanings(tree)
    conditions = Conditions(tree, meanings, python)
    file = _File(
        in_other_python=_functions_for_other_python(tree),
        of_program=_functions_of_program(tree, conditions),
        meanings=meanings,
        conditions=conditions,
    )
    # No recursion: a long expression is nested deeper than Python calls functions.
    waiting: list[tuple[ast.AST, _Context]] = [(tree, _Context())]
    while waiting:
        node, context = waiting.pop()
        for imported in _plain(node):
            yield replace(
                imported,
                optional=context.optional,
                unreached=context.unreached,
                as_program=context.as_program,
                fallback_for=context.fallback_for,
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


def _functions_of_program(tree: ast.Module, conditions: Conditions) -> frozenset[str]:
    """Return the names of a file's own functions that it uses only where it is run as a program."""
    functions = {
        node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    blocks: list[ast.AST] = [
        part
        for node in tree.body
        if isinstance(node, ast.If)
        and conditions.outcome(node.test) is False
        and conditions.outcome(node.test, as_program=True) is not False
        for part in node.body
    ]
    used = Counter(_names_in(tree))
    names: set[str] = set()
    waiting = list(blocks)
    inside = Counter[str]()
    while waiting:
        inside.update(_names_in(waiting.pop()))
        unused = {name for name in functions.keys() - names if 0 < used[name] == inside[name]}
        unused = {name for name in unused if not functions[name].decorator_list}
        names |= unused
        waiting += [functions[name] for name in unused]
    return frozenset(names)


def _names_in(node: ast.AST) -> list[str]:
    return [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)]


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
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        body, orelse = _branch_contexts(node.test, context, file)
        both = (node.body, body), (node.orelse, orelse)
        branches = [([part] if isinstance(part, ast.expr) else part, inner) for part, inner in both]
        return [([node.test], context), *branches]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        decorators = map(optional.last, node.decorator_list)
        other_python = node.name in file.in_other_python or not _OTHER_PYTHON.isdisjoint(decorators)
        body = may_fail if other_python else context
        body = replace(body, as_program=True) if node.name in file.of_program else body
        return [(node.body, body), ([*node.decorator_list, node.args], context)]
    return [(list(ast.iter_child_nodes(node)), context)]


def _branch_contexts(test: ast.expr, context: _Context, file: _File) -> tuple[_Context, _Context]:
    """Return the contexts of the two branches of a condition."""
    outcome = file.conditions.outcome(test)
    as_program = file.conditions.outcome(test, as_program=True)
    if outcome is None:
        inner = replace(context, optional=True) if optional.decides(test, file.meanings) else context
        return inner, inner
    never = replace(context, **{"unreached" if as_program is outcome else "as_program": True})
    return (context, never) if outcome else (never, context)


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
