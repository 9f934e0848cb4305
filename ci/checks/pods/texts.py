"""The texts that an expression of a Python file may have, as far as its code tells without being run."""

import ast
import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from ..imports.locations import files_imported
from ..imports.optional import last, tree_of

UNKNOWN = "${}"  # for what only a run tells
_MOST = 16  # texts of one expression
_DEPTH = 12  # of names that stand for names
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_READERS = frozenset({"get", "getenv"})  # of variables and settings, whose second argument is a default
_DEFAULTS = frozenset({"default", "default_var"})


@dataclass(frozen=True)
class FileNode:
    """A node of a file's syntax tree."""

    file: str
    node: ast.AST

    def at(self, node: ast.AST) -> "FileNode":
        """Return another node of the file."""
        return FileNode(self.file, node)


class Sources:
    """Python files, with what their names stand for: values, arguments, functions, and names they import."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Read the files; ``texts`` are by path from the repository's root."""
        self.trees = {path: tree_of(text) for path, text in texts.items()}
        self._imported = {path: files_imported(path, text) & texts.keys() for path, text in texts.items()}
        self._scopes: dict[ast.AST, ast.AST] = {}  # of a node: the function, class or module that it is in
        self._bound: dict[tuple[ast.AST, str], list[FileNode]] = {}
        self._calls: dict[str, list[FileNode]] = {}
        for path, tree in self.trees.items():
            self._read(path, tree)
        for path, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, _FUNCTIONS):
                    self._bind_arguments(FileNode(path, node), node)

    def named(self, source: FileNode, name: str) -> list[FileNode]:
        """Return what a name may stand for where it is used."""
        scope: ast.AST | None = self._scopes.get(source.node)
        while scope is not None:
            if bound := self._bound.get((scope, name)):
                return bound
            scope = self._scopes.get(scope)
        return self._of_files(source.file, name)

    def attribute(self, source: FileNode, node: ast.Attribute) -> list[FileNode]:
        """Return what an attribute of a class or module may stand for."""
        owners = self.named(source, node.value.id) if isinstance(node.value, ast.Name) else []
        inner = [bound for owner in owners for bound in self._bound.get((owner.node, node.attr), ())]
        return inner or self._of_files(source.file, node.attr)

    def texts(self, source: FileNode, depth: int = _DEPTH) -> list[str]:
        """Return the texts that an expression may have; none where only a run tells."""
        return list(islice(dict.fromkeys(self._texts(source, depth)), _MOST)) if depth else []

    def _of_files(self, file: str, name: str) -> list[FileNode]:
        modules = (self.trees[path] for path in sorted(self._imported[file]))
        return [bound for module in modules for bound in self._bound.get((module, name), ())]

    def _read(self, path: str, tree: ast.Module) -> None:
        waiting: deque[tuple[ast.AST, ast.AST]] = deque((node, tree) for node in tree.body)
        while waiting:
            node, scope = waiting.popleft()
            self._scopes[node] = scope
            for target, value in _bindings(node):
                self._bound.setdefault((scope, target), []).append(FileNode(path, value))
            if isinstance(node, ast.Call):
                self._calls.setdefault(last(node), []).append(FileNode(path, node))
            inner = node if isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)) else scope
            waiting.extend((child, inner) for child in ast.iter_child_nodes(node))

    def _bind_arguments(self, source: FileNode, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Bind the names of a function's arguments to their defaults, and to what calls give."""
        arguments = function.args
        ordered = [*arguments.posonlyargs, *arguments.args]
        names = [argument.arg for argument in ordered]
        known = [*names, *(argument.arg for argument in arguments.kwonlyargs)]
        defaults = zip(reversed(ordered), reversed(arguments.defaults), strict=False)
        given = [(argument.arg, source.at(value)) for argument, value in defaults]
        keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        given += [(argument.arg, source.at(value)) for argument, value in keywords if value]
        for call in self._calls.get(function.name, ()):
            if isinstance(call.node, ast.Call):
                given += [(name, call.at(value)) for name, value in zip(names, call.node.args, strict=False)]
                given += [(word.arg, call.at(word.value)) for word in call.node.keywords if word.arg in known]
        for name, value in given:
            self._bound.setdefault((function, name), []).append(value)

    def _texts(self, source: FileNode, depth: int) -> Iterator[str]:
        node = source.node
        match node:
            case ast.Constant(value=str() | int() | float() as value):
                yield str(value).lower() if isinstance(value, bool) else str(value)
            case ast.JoinedStr() | ast.FormattedValue() | ast.BinOp():
                yield from self._of_parts(source, node, depth)
            case ast.IfExp() | ast.BoolOp():
                choices = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
                yield from self._each(source, choices, depth)
            case ast.Call():
                yield from self._of_call(source, node, depth)
            case ast.Subscript():
                yield from self._of_item(source, node, depth)
            case ast.Name() | ast.Attribute():
                for bound in self.meant(source):
                    yield from self.texts(bound, depth - 1)
            case _:
                pass

    def meant(self, source: FileNode) -> list[FileNode]:
        """Return what a name or an attribute may stand for; nothing for another expression."""
        if isinstance(source.node, ast.Name):
            return self.named(source, source.node.id)
        return self.attribute(source, source.node) if isinstance(source.node, ast.Attribute) else []

    def _each(self, source: FileNode, nodes: list[ast.expr], depth: int) -> Iterator[str]:
        for node in nodes:
            yield from self.texts(source.at(node), depth - 1)

    def _of_parts(
        self, source: FileNode, node: ast.JoinedStr | ast.FormattedValue | ast.BinOp, depth: int
    ) -> Iterator[str]:
        match node:
            case ast.JoinedStr(values=parts):
                yield from self._joined(source, parts, depth)
            case ast.FormattedValue(value=value):
                yield from self._each(source, [value], depth)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                yield from self._joined(source, [left, right], depth)
            case ast.BinOp(op=ast.Mod(), left=left):
                yield from (text.replace("%s", UNKNOWN) for text in self._each(source, [left], depth))
            case _:
                pass

    def _joined(self, source: FileNode, nodes: list[ast.expr], depth: int) -> Iterator[str]:
        """Yield the joined texts of some nodes; none where nothing of them is known."""
        parts = [self.texts(source.at(node), depth - 1) for node in nodes]
        if any(parts):
            yield from map("".join, product(*(part or [UNKNOWN] for part in parts)))

    def _of_call(self, source: FileNode, node: ast.Call, depth: int) -> Iterator[str]:
        called = last(node)
        if called in _READERS:
            yield from self._each(source, node.args[1:2], depth)
            yield from self._each(
                source, [word.value for word in node.keywords if word.arg in _DEFAULTS], depth
            )
        elif called == "dumps" and node.args and isinstance(node.args[0], ast.Dict):
            yield json.dumps(self._plain(source, node.args[0], depth))
        elif called == "str":
            yield from self._each(source, node.args[:1], depth)
        elif called == "format" and isinstance(node.func, ast.Attribute):
            yield from map(_unfilled, self._each(source, [node.func.value], depth))

    def _of_item(self, source: FileNode, node: ast.Subscript, depth: int) -> Iterator[str]:
        keys = self.texts(source.at(node.slice), depth - 1)
        for bound in self.meant(source.at(node.value)) or [source.at(node.value)]:
            if isinstance(bound.node, ast.Dict):
                for key, value in zip(bound.node.keys, bound.node.values, strict=True):
                    if not keys or (isinstance(key, ast.Constant) and str(key.value) in keys):
                        yield from self.texts(bound.at(value), depth - 1)

    def _plain(self, source: FileNode, node: ast.expr, depth: int) -> object:
        if isinstance(node, ast.Dict):
            entries = zip(node.keys, node.values, strict=True)
            return {
                next(iter(self.texts(source.at(key))), UNKNOWN): self._plain(source, value, depth)
                for key, value in entries
                if key
            }
        return next(iter(self.texts(source.at(node), depth - 1)), UNKNOWN)


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield the names that a node binds, each with what it binds them to."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _unpacked(target, value)
        case (
            ast.AnnAssign(target=target, value=ast.expr() as value)
            | ast.AugAssign(target=target, value=value)
            | ast.NamedExpr(target=target, value=value)
        ):
            yield from _unpacked(target, value)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name, node
        case ast.For(target=ast.Name(id=name), iter=ast.List() | ast.Tuple() as values):
            yield from ((name, value) for value in values.elts)
        case _:
            pass


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.AST]]:
    match target, value:
        case ast.Name(id=name), _:
            yield name, value
        case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
            for inner, part in zip(targets, values, strict=True):
                yield from _unpacked(inner, part)
        case _:
            pass


def _unfilled(template: str) -> str:
    parts = template.replace("{{", "\0").replace("}}", "\1").split("{")
    filled = UNKNOWN.join([parts[0], *(part.partition("}")[2] for part in parts[1:])])
    return filled.replace("\0", "{").replace("\1", "}")
