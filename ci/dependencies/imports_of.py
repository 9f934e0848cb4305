"""What a Python file imports, by its syntax tree: each name with its line, and whether it may fail."""

import ast
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

# Handlers for these catch a module that isn't there.
_CATCHING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
# An `if` that mentions one of these decides by what is there.
_DECIDING = frozenset({"version_info", "platform", "find_spec"})
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
    ``optional`` where it may be missing; ``typing`` where no program that runs imports it.
    """

    line: int
    module: str
    name: str = ""
    level: int = 0
    optional: bool = False
    typing: bool = False

    @property
    def longest(self) -> str:
        """The longest dotted name that may be a module."""
        parts = [self.module, self.name if self.name != "*" else ""]
        return ".".join(part for part in parts if part)

    @property
    def shown(self) -> str:
        """The module as the file writes it, with the name where the module alone is no name."""
        return "." * self.level + (self.module or self.name)


def imports_of(text: str) -> tuple[Import, ...]:
    """The imports of a file, sorted; none where the text is no Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # as ast.parse's documentation has them
        return ()
    return tuple(sorted(set(_within(tree))))


def _within(tree: ast.Module) -> Iterator[Import]:
    away = _given_away(tree)
    # No recursion: a long expression is nested deeper than Python calls functions.
    waiting: list[tuple[ast.AST, bool, bool]] = [(tree, False, False)]
    while waiting:
        node, optional, typing = waiting.pop()
        yield from _named(node, optional=optional, typing=typing)
        for inner, may_fail, checked_only in _parts(node, away):
            waiting += [(each, optional or may_fail, typing or checked_only) for each in inner]


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
        return _last(func.value)
    return _last(func)


def _named(node: ast.AST, *, optional: bool, typing: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(line=node.lineno, module=alias.name, optional=optional, typing=typing)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield Import(
                line=node.lineno,
                module=node.module or "",
                name=alias.name,
                level=node.level,
                optional=optional,
                typing=typing,
            )
    elif isinstance(node, ast.Call) and _last(node.func) in _DYNAMIC and node.args:
        name = _literal(node.args[0])
        if name and not name.startswith("."):
            yield Import(line=node.lineno, module=name, optional=optional, typing=typing)


def _literal(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


Part = tuple[Sequence[ast.AST], bool, bool]


def _parts(node: ast.AST, away: Container[str]) -> list[Part]:
    """What is in a node: nodes, whether an import in them may fail, whether they are for type checkers.

    ``away`` are the names of functions that run in another Python.
    """
    if isinstance(node, ast.Try | ast.TryStar):
        caught = any(_catches(handler.type) for handler in node.handlers)
        return [
            ([*node.body, *node.handlers], caught, False),
            ([*node.orelse, *node.finalbody], False, False),
        ]
    if isinstance(node, ast.With) and any(_suppresses(item.context_expr) for item in node.items):
        return [(node.body, True, False)]
    if isinstance(node, ast.If):
        typing, negated = _of_type_checking(node.test)
        deciding = bool(_names(node.test) & _DECIDING)
        return [
            ([node.test], deciding, False),
            (node.body, deciding, typing and not negated),
            (node.orelse, deciding, typing and negated),
        ]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        elsewhere = node.name in away or any(_last(each) in _ELSEWHERE for each in node.decorator_list)
        return [(node.body, elsewhere, False), ([*node.decorator_list, node.args], False, False)]
    return [(list(ast.iter_child_nodes(node)), False, False)]


def _catches(caught: ast.expr | None) -> bool:
    return caught is None or bool(_names(caught) & _CATCHING)


def _suppresses(context: ast.expr) -> bool:
    return (
        isinstance(context, ast.Call)
        and _last(context.func) == "suppress"
        and bool(_names(context) & _CATCHING)
    )


def _of_type_checking(test: ast.expr) -> tuple[bool, bool]:
    negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    inner = test.operand if isinstance(test, ast.UnaryOp) else test
    return _last(inner) == "TYPE_CHECKING", negated


def _names(node: ast.AST) -> set[str]:
    return {_last(each) for each in ast.walk(node) if isinstance(each, ast.Name | ast.Attribute)}


def _last(node: ast.AST) -> str:
    """The last name of an expression such as task.virtualenv or task.virtualenv(…)."""
    while isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
