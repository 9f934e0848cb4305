"""Conditions whose outcome in an image's Python is known: on its version, its platform, constants."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from . import optional

UNKNOWN = object()
_MAIN = "__main__"
_DEPTH = 20  # of names that stand for other conditions, and of expressions in each other
_OPERATORS: dict[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.eq,  # as for the constants that are compared
    ast.IsNot: operator.ne,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}
_METHODS = frozenset({"startswith", "endswith", "lower", "upper", "casefold", "title", "strip", "split"})
_CONVERSIONS: dict[str, Callable[[Any], object]] = {"bool": bool, "int": int, "str": str, "tuple": tuple}


class VersionInfo(NamedTuple):
    """As sys.version_info."""

    major: int
    minor: int
    micro: int
    releaselevel: str = "final"
    serial: int = 0


@dataclass(frozen=True)
class Python:
    """What code can ask of the Python that runs it; values are by dotted name, such as sys.platform."""

    values: tuple[tuple[str, object], ...] = ()

    @classmethod
    def of_markers(cls, markers: Mapping[str, str]) -> "Python":
        """Return what the values for markers of requirements tell; the machine differs between platforms."""
        major, minor, micro = map(int, re.findall(r"\d+", markers["python_full_version"])[:3])
        version = VersionInfo(major, minor, micro)
        implementation, system = markers["platform_python_implementation"], markers["platform_system"]
        values = {
            "os.name": markers["os_name"],
            "sys.platform": markers["sys_platform"],
            "sys.version_info": version,
            "sys.hexversion": version.major << 24 | version.minor << 16 | version.micro << 8 | 0xF0,
            "sys.implementation.name": markers["implementation_name"],
            "platform.system()": system,
            "platform.python_implementation()": implementation,
            "platform.python_version()": markers["python_full_version"],
            "platform.python_version_tuple()": tuple(markers["python_full_version"].split(".")),
            "six.PY2": False,
            "six.PY3": True,
        }
        return cls(tuple(values.items()))

    @cached_property
    def known(self) -> dict[str, object]:
        """The values by dotted name."""
        return dict(self.values)


class Conditions:
    """The conditions of one file."""

    def __init__(self, tree: ast.Module, meanings: Mapping[str, str], python: Python) -> None:
        self._meanings = meanings
        self._python = python
        self._constants = _constants(tree)

    def outcome(self, test: ast.expr, *, as_program: bool = False) -> bool | None:
        """Return how a test ends; None where that is unknown.

        Args:
            test: the condition.
            as_program: whether the file is run as a program, not imported.
        """
        try:
            value = self._value(test, as_program, _DEPTH)
            return None if value is UNKNOWN else bool(value)
        except Exception:  # noqa: BLE001 - the values are compared as the file does, which may fail in any way
            return None

    def _value(self, node: ast.expr, as_program: bool, depth: int) -> Any:  # noqa: ANN401, FBT001 - any constant
        def value(inner: ast.expr) -> Any:  # noqa: ANN401
            return self._value(inner, as_program, depth - 1) if depth else UNKNOWN

        match node:
            case ast.Constant():
                result: Any = node.value
            case ast.BoolOp():
                result = _joined(isinstance(node.op, ast.Or), [value(part) for part in node.values])
            case ast.UnaryOp(op=ast.Not()):
                inner = value(node.operand)
                result = inner if inner is UNKNOWN else not inner
            case ast.Compare():
                result = self._compared(node, value, as_program=as_program)
            case ast.Tuple() | ast.List() | ast.Set():
                parts = tuple(map(value, node.elts))
                result = UNKNOWN if any(part is UNKNOWN for part in parts) else parts
            case ast.Subscript():
                result = _item(value(node.value), node.slice, value)
            case ast.Call():
                result = self._called(node, value)
            case _:
                result = self._named(node, value)
        return result

    def _compared(self, node: ast.Compare, value: Callable[[ast.expr], Any], *, as_program: bool) -> object:
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides):
            others = [value(side) for side in sides if not isinstance(side, ast.Name)]
            if others != [_MAIN] or not isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
                return UNKNOWN
            return as_program is isinstance(node.ops[0], ast.Eq | ast.Is)
        values = [value(side) for side in sides]
        if any(one is UNKNOWN for one in values):
            return UNKNOWN
        pairs = zip(node.ops, values, values[1:], strict=False)
        return all(_OPERATORS[type(op)](left, right) for op, left, right in pairs)

    def _called(self, node: ast.Call, value: Callable[[ast.expr], Any]) -> Any:  # noqa: ANN401
        dotted = optional.dotted(node.func, self._meanings)
        if f"{dotted}()" in self._python.known and not node.args:
            return self._python.known[f"{dotted}()"]
        arguments = [value(argument) for argument in node.args]
        if node.keywords or any(argument is UNKNOWN for argument in arguments):
            return UNKNOWN
        if dotted in _CONVERSIONS and len(arguments) == 1:
            return _CONVERSIONS[dotted](arguments[0])
        if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
            text = value(node.func.value)
            return getattr(text, node.func.attr)(*arguments) if isinstance(text, str) else UNKNOWN
        return UNKNOWN

    def _named(self, node: ast.expr, value: Callable[[ast.expr], Any]) -> Any:  # noqa: ANN401
        """Return the value of a name or attribute."""
        dotted = optional.dotted(node, self._meanings)
        if dotted in self._python.known:
            return self._python.known[dotted]
        if isinstance(node, ast.Name) and node.id in self._constants:
            return value(self._constants[node.id])
        if dotted.rpartition(".")[2] == "TYPE_CHECKING":
            return False
        if isinstance(node, ast.Attribute):
            of = value(node.value)
            return getattr(of, node.attr, UNKNOWN) if isinstance(of, VersionInfo) else UNKNOWN
        return UNKNOWN


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """Return what names stand for that a file sets once, at its top level."""
    set_once: dict[str, ast.expr] = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else ()
        if isinstance(node, ast.AnnAssign) and node.value:
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                set_once[target.id] = node.value
    stored = [
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    ]
    taken = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return {name: value for name, value in set_once.items() if stored.count(name) == 1 and name not in taken}


def _joined(is_or: bool, values: list[Any]) -> Any:  # noqa: ANN401, FBT001 - as Python does
    if any(value is not UNKNOWN and bool(value) is is_or for value in values):
        return is_or
    return UNKNOWN if any(value is UNKNOWN for value in values) else not is_or


def _item(of: Any, index: ast.expr, value: Callable[[ast.expr], Any]) -> Any:  # noqa: ANN401
    if isinstance(index, ast.Slice):
        ends = [None if end is None else value(end) for end in (index.lower, index.upper, index.step)]
        return UNKNOWN if of is UNKNOWN or any(end is UNKNOWN for end in ends) else of[slice(*ends)]
    at = value(index)
    return UNKNOWN if of is UNKNOWN or at is UNKNOWN else of[at]
