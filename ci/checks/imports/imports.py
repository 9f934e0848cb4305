"""What a Python file imports, by its syntax tree: each name with its line, and whether it may fail."""

import ast
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from . import optional

# Airflow runs functions so decorated, or given to operators whose names end so, in another Python.
_ELSEWHERE = frozenset(
    {"virtualenv", "branch_virtualenv", "external_python", "branch_external_python", "docker", "kubernetes"}
)
_OPERATORS = ("VirtualenvOperator", "ExternalPythonOperator")
_DYNAMIC = frozenset({"import_module", "__import__"})


@dataclass(frozen=True, order=True, kw_only=True)
class Import:
    """One name that a file imports.

    ``module`` is dotted, without the dots of a relative import, which are counted in ``level``; ``name`` is
    what is taken of it, which may be a module too: empty where it is imported itself, "*" for all.
    ``optional`` where it may be missing; ``typing`` where no program that runs imports it. ``instead`` are
    the imports in whose place it stands, as a handler's stand: it is needed where each group lacks one.
    """

    line: int
    module: str
    name: str = ""
    level: int = 0
    optional: bool = False
    typing: bool = False
    instead: tuple[tuple["Import", ...], ...] = ()

    @property
    def longest(self) -> str:
        """The longest dotted name that may be a module."""
        parts = [self.module, self.name if self.name != "*" else ""]
        return ".".join(part for part in parts if part)

    @property
    def shown(self) -> str:
        """The module as the file writes it, with the name where the module alone is no name."""
        return "." * self.level + (self.module or self.name)


@cache
def imports_of(text: str) -> tuple[Import, ...]:
    """The imports of a file, sorted; none where the text is no Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # as ast.parse's documentation has them
        return ()
    return tuple(sorted(set(_within(tree))))


@dataclass(frozen=True, kw_only=True)
class _Around:
    """What is around a node, and so holds for imports in it; as the fields of Import of these names."""

    optional: bool = False
    typing: bool = False
    instead: tuple[tuple[Import, ...], ...] = ()


_NOTHING = _Around()


@dataclass(frozen=True, kw_only=True)
class _File:
    """What a whole file tells: functions that run in another Python, and what its imported names mean."""

    away: frozenset[str]
    meanings: Mapping[str, str]


def _within(tree: ast.Module) -> Iterator[Import]:
    file = _File(away=_given_away(tree), meanings=optional.meanings(tree))
    # No recursion: a long expression is nested deeper than Python calls functions.
    waiting: list[tuple[ast.AST, _Around]] = [(tree, _NOTHING)]
    while waiting:
        node, around = waiting.pop()
        yield from _named(node, around)
        for inner, closer in _parts(node, around, file):
            waiting += [(each, closer) for each in inner]


def _given_away(tree: ast.Module) -> frozenset[str]:
    """The names of functions that a file uses for nothing but tasks in another Python."""
    nodes = list(ast.walk(tree))
    given = [
        keyword.value
        for node in nodes
        if isinstance(node, ast.Call) and _operator(node.func).endswith(_OPERATORS)
        for keyword in node.keywords
        if keyword.arg == "python_callable"
    ]
    names = {each.id for each in given if isinstance(each, ast.Name)}
    used = {node.id for node in nodes if isinstance(node, ast.Name) and node not in given}
    return frozenset(names - used)


def _operator(func: ast.expr) -> str:
    """The last name of what is called, such as PythonOperator of it or of PythonOperator.partial."""
    if isinstance(func, ast.Attribute) and func.attr == "partial":
        return optional.last(func.value)
    return optional.last(func)


def _named(node: ast.AST, around: _Around) -> Iterator[Import]:
    for found in _plain(node):
        yield replace(found, optional=around.optional, typing=around.typing, instead=around.instead)


def _plain(node: ast.AST) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(line=node.lineno, module=alias.name)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield Import(line=node.lineno, module=node.module or "", name=alias.name, level=node.level)
    elif isinstance(node, ast.Call) and optional.last(node.func) in _DYNAMIC and node.args:
        name = _literal(node.args[0])
        if name and not name.startswith("."):
            yield Import(line=node.lineno, module=name)


def _literal(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


Part = tuple[Sequence[ast.AST], _Around]


def _parts(node: ast.AST, around: _Around, file: _File) -> list[Part]:
    """What is in a node: nodes, and what is around them."""
    may_fail = replace(around, optional=True)
    if isinstance(node, ast.Try | ast.TryStar):
        body = may_fail if optional.tolerates(node.handlers) else around
        handlers = [([each], _around_handler(each, node, around)) for each in node.handlers]
        return [(node.body, body), *handlers, ([*node.orelse, *node.finalbody], around)]
    if isinstance(node, ast.With) and any(optional.suppresses(item.context_expr) for item in node.items):
        return [(node.body, may_fail)]
    if isinstance(node, ast.If):
        decided = may_fail if optional.decides(node.test, file.meanings) else around
        typing, negated = _of_type_checking(node.test)
        checked = replace(decided, typing=True) if typing else decided
        body, orelse = (decided, checked) if negated else (checked, decided)
        return [([node.test], decided), (node.body, body), (node.orelse, orelse)]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        elsewhere = _is_elsewhere(node, file.away)
        return [
            (node.body, may_fail if elsewhere else around),
            ([*node.decorator_list, node.args], around),
        ]
    return [(list(ast.iter_child_nodes(node)), around)]


def _is_elsewhere(node: ast.FunctionDef | ast.AsyncFunctionDef, away: Container[str]) -> bool:
    return node.name in away or any(optional.last(each) in _ELSEWHERE for each in node.decorator_list)


def _around_handler(handler: ast.ExceptHandler, node: ast.Try | ast.TryStar, around: _Around) -> _Around:
    """A handler for a missing module is a second way: needed where what was tried first isn't there."""
    if not optional.catches(handler.type):
        return around
    if tried := tuple(_tried(node.body)):
        return replace(around, instead=(*around.instead, tried))
    # What raised is no import that is seen here; an Exception is most likely something else altogether.
    return replace(around, optional=True) if optional.catches_nothing_else(handler.type) else around


def _tried(body: Sequence[ast.stmt]) -> Iterator[Import]:
    """The imports that the body of a try makes itself, none of which may fail there."""
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


def _of_type_checking(test: ast.expr) -> tuple[bool, bool]:
    negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    inner = test.operand if isinstance(test, ast.UnaryOp) else test
    return optional.last(inner) == "TYPE_CHECKING", negated
