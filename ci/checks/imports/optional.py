"""Where the code of a file lets an import fail: by the errors it catches, and the conditions it tests."""

import ast
from collections.abc import Iterator, Mapping, Sequence

_MISSING = frozenset({"ImportError", "ModuleNotFoundError"})
# Handlers for these catch a missing module.
_CATCHING = _MISSING | {"Exception", "BaseException"}
# An `if` on one of these depends on the environment, as does one on find_spec(…).
_DECIDING = frozenset(
    {"os.name", "sys.hexversion", "sys.implementation", "sys.platform", "sys.version", "sys.version_info"}
)
_PLATFORM_CALLS = frozenset(
    {
        *("architecture", "freedesktop_os_release", "libc_ver", "machine", "platform", "processor"),
        *("python_implementation", "python_version", "python_version_tuple", "release", "system", "uname"),
    }
)
_EXITS = frozenset({"exit", "_exit"})
_OTHER_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def tree_of(text: str) -> ast.Module:
    """Return the syntax tree of a file; an empty one where the text is no Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # as ast.parse's documentation has them
        return ast.Module([], [])


def last(node: ast.AST) -> str:
    """Return the last name of an expression such as task.virtualenv or task.virtualenv(…)."""
    while isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def catches(caught: ast.expr | None) -> bool:
    """Return whether a handler for these errors catches a missing module."""
    return caught is None or bool(names(caught) & _CATCHING)


def catches_nothing_else(caught: ast.expr | None) -> bool:
    """Return whether a handler that catches a missing module catches only that."""
    return caught is not None and not names(caught) & (_CATCHING - _MISSING)


def tolerates(handlers: Sequence[ast.ExceptHandler]) -> bool:
    """Return whether a try goes on without a module: the first handler that catches it doesn't fail."""
    first = next((handler for handler in handlers if catches(handler.type)), None)
    return first is not None and not _fails(first.body)


def suppresses(context: ast.expr) -> bool:
    """Return whether the context of a `with` is suppress(ImportError), or of a wider error."""
    return isinstance(context, ast.Call) and last(context) == "suppress" and bool(names(context) & _CATCHING)


def decides(test: ast.expr, meaning: Mapping[str, str]) -> bool:
    """Return whether the test of an `if` depends on the Python, platform or installed modules."""
    for node in ast.walk(test):
        called = dotted(node.func, meaning) if isinstance(node, ast.Call) else ""
        if called.rpartition(".")[2] == "find_spec" or dotted(node, meaning) in _DECIDING:
            return True
        if called.startswith("platform.") and called.removeprefix("platform.") in _PLATFORM_CALLS:
            return True
    return False


def meanings(tree: ast.Module) -> dict[str, str]:
    """Return the dotted names of what a file imports, by the names it gives them."""
    known = {"os": "os", "sys": "sys"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            firsts = {alias.asname or alias.name.partition(".")[0]: alias for alias in node.names}
            known |= {name: alias.name if alias.asname else name for name, alias in firsts.items()}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return known


def dotted(node: ast.AST, meaning: Mapping[str, str]) -> str:
    """Return the dotted name that a name or attribute means; an unknown name that isn't imported is ?."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    known = meaning.get(node.id, "") if isinstance(node, ast.Name) else ""
    if not attributes and isinstance(node, ast.Name):
        return known or node.id
    return ".".join((known or "?", *reversed(attributes)))


def names(node: ast.AST) -> set[str]:
    """Return all names in an expression, such as asset and multi in asset.multi."""
    return {last(part) for part in ast.walk(node) if isinstance(part, ast.Name | ast.Attribute)}


def _fails(body: Sequence[ast.stmt]) -> bool:
    """Return whether statements end in a raise or the program's exit; skipping a task is no failure."""
    if any(isinstance(node, ast.Return | ast.Break | ast.Continue) for node in _own(body)):
        return False
    end = body[-1]
    if isinstance(end, ast.Raise):
        return end.exc is None or not last(end.exc).endswith("SkipException")
    if isinstance(end, ast.If):
        return bool(end.orelse) and _fails(end.body) and _fails(end.orelse)
    if isinstance(end, ast.With | ast.AsyncWith):
        return _fails(end.body)
    return isinstance(end, ast.Expr) and isinstance(end.value, ast.Call) and last(end.value) in _EXITS


def _own(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """Yield all nodes of statements, without those of functions and classes in them."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _OTHER_SCOPES):
            waiting += ast.iter_child_nodes(node)
