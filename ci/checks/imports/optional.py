"""Where a file's code lets an import fail: by what it catches, and by what it asks before it imports."""

import ast
from collections.abc import Iterator, Mapping, Sequence

_MISSING = frozenset({"ImportError", "ModuleNotFoundError"})
# Handlers for these catch a module that isn't there.
_CATCHING = _MISSING | {"Exception", "BaseException"}
# An `if` on one of these decides by what is there, as does one on find_spec(…).
_DECIDING = frozenset(
    {"os.name", "sys.hexversion", "sys.implementation", "sys.platform", "sys.version", "sys.version_info"}
)
_OF_PLATFORM = frozenset(
    {
        *("architecture", "freedesktop_os_release", "libc_ver", "machine", "platform", "processor"),
        *("python_implementation", "python_version", "python_version_tuple", "release", "system", "uname"),
    }
)
_ENDING = frozenset({"exit", "_exit"})
_OTHER_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def last(node: ast.AST) -> str:
    """The last name of an expression such as task.virtualenv or task.virtualenv(…)."""
    while isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def catches(caught: ast.expr | None) -> bool:
    """Whether a handler for that catches a module that isn't there."""
    return caught is None or bool(_names(caught) & _CATCHING)


def catches_nothing_else(caught: ast.expr | None) -> bool:
    """Whether a handler that catches a missing module is for that, not for whatever happens."""
    return caught is not None and not _names(caught) & (_CATCHING - _MISSING)


def tolerates(handlers: Sequence[ast.ExceptHandler]) -> bool:
    """Whether a try goes on without a module: the first of its handlers that catches that doesn't fail."""
    first = next((each for each in handlers if catches(each.type)), None)
    return first is not None and not _fails(first.body)


def suppresses(context: ast.expr) -> bool:
    """Whether what is behind a `with` is suppress(ImportError), or of more."""
    return isinstance(context, ast.Call) and last(context) == "suppress" and bool(_names(context) & _CATCHING)


def decides(test: ast.expr, meaning: Mapping[str, str]) -> bool:
    """Whether the test of an `if` asks what Python, platform or modules there are.

    Args:
        test: the expression.
        meaning: of the names that the file imports, as ``meanings`` has them.
    """
    for node in ast.walk(test):
        called = _dotted(node.func, meaning) if isinstance(node, ast.Call) else ""
        if called.rpartition(".")[2] == "find_spec" or _dotted(node, meaning) in _DECIDING:
            return True
        if called.startswith("platform.") and called.removeprefix("platform.") in _OF_PLATFORM:
            return True
    return False


def meanings(tree: ast.Module) -> dict[str, str]:
    """The dotted name of each module, or name of a module, that a file imports, by what it calls it."""
    found = {"os": "os", "sys": "sys"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.asname or each.name.partition(".")[0]: _outer(each) for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return found


def _outer(alias: ast.alias) -> str:
    return alias.name if alias.asname else alias.name.partition(".")[0]


def _dotted(node: ast.AST, meaning: Mapping[str, str]) -> str:
    """A name or attribute by what it means; what a name that isn't imported stands for isn't known."""
    behind: list[str] = []
    while isinstance(node, ast.Attribute):
        behind.append(node.attr)
        node = node.value
    known = meaning.get(node.id, "") if isinstance(node, ast.Name) else ""
    if not behind and isinstance(node, ast.Name):
        return known or node.id
    return ".".join((known or "?", *reversed(behind)))


def _names(node: ast.AST) -> set[str]:
    return {last(each) for each in ast.walk(node) if isinstance(each, ast.Name | ast.Attribute)}


def _fails(body: Sequence[ast.stmt]) -> bool:
    """Whether statements end in a raise, or end the program; a task that is skipped doesn't fail."""
    if any(isinstance(node, ast.Return | ast.Break | ast.Continue) for node in _own(body)):
        return False
    end = body[-1]
    if isinstance(end, ast.Raise):
        return end.exc is None or not last(end.exc).endswith("SkipException")
    if isinstance(end, ast.If):
        return bool(end.orelse) and _fails(end.body) and _fails(end.orelse)
    if isinstance(end, ast.With | ast.AsyncWith):
        return _fails(end.body)
    return isinstance(end, ast.Expr) and isinstance(end.value, ast.Call) and last(end.value) in _ENDING


def _own(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes of statements, but for those of functions and classes in them."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _OTHER_SCOPES):
            waiting += ast.iter_child_nodes(node)
