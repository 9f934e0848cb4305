"""The images and variables that code writes into pods: executor_config, pod_override and their parts."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..imports.optional import last
from .texts import FileNode, Sources

_KEYS = frozenset({"executor_config", "pod_override", "KubernetesExecutor"})
_OTHER_PODS = frozenset({"full_pod_spec", "pod_template_dict"})  # of operators that start a pod of their own
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class Written:
    """A text in the code of a pod; ``name`` is the variable that has it, or empty."""

    file: str
    line: int
    name: str = ""
    text: str


@dataclass(frozen=True, kw_only=True)
class Image(Written):
    """The image of a container; ``name`` is the container's, empty where it isn't known."""


def written(sources: Sources) -> list[Written]:
    """Return what the code of all files writes into pods, each once."""
    reader = _Reader(sources)
    for file, tree in sources.trees.items():
        for root in _roots(tree):
            reader.read(FileNode(file, root))
    return list(dict.fromkeys(reader.written))


def _roots(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the expressions that a pod of a task is made of."""
    nodes = list(ast.walk(tree))
    others = {
        id(part)
        for node in nodes
        if isinstance(node, ast.keyword) and node.arg in _OTHER_PODS
        for part in ast.walk(node)
    }
    for node in nodes:
        match node:
            case ast.keyword(arg=str() as arg, value=value) if arg in _KEYS:
                yield value
            case ast.Dict():
                yield from (value for key, value in _entries(node) if key in _KEYS)
            case ast.Assign(targets=[target], value=value) if _named(target) in _KEYS:
                yield value
            case ast.Call() if last(node) == "V1EnvVar" or (last(node) == "V1Pod" and id(node) not in others):
                yield node
            case _:
                pass


class _Reader:
    """Walks through expressions, and what their names stand for, each once."""

    def __init__(self, sources: Sources) -> None:
        self.written: list[Written] = []
        self._sources = sources
        self._read: set[tuple[str, int]] = set()

    def read(self, start: FileNode) -> None:
        """Read an expression with all that it is made of."""
        waiting = [start]
        while waiting:
            source = waiting.pop()
            key = (source.file, id(source.node))
            if key in self._read:
                continue
            self._read.add(key)
            self.written += self._of(source)
            waiting += self._sources.meant(source)
            waiting += [source.at(child) for child in ast.iter_child_nodes(source.node)]

    def _of(self, source: FileNode) -> Iterator[Written]:
        node = source.node
        if isinstance(node, ast.Call):
            given = {word.arg: word.value for word in node.keywords if word.arg}
            if last(node) == "V1EnvVar":
                given |= dict(zip(("name", "value"), node.args, strict=False))
            yield from self._of_object(source, given)
        elif isinstance(node, ast.Dict):
            yield from self._of_object(source, dict(_entries(node)))
        elif isinstance(node, ast.Tuple | ast.List) and len(node.elts) == 2:
            name, value = node.elts
            yield from self._variables(source, self._sources.texts(source.at(name)), value, only_upper=True)
        elif isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
            yield from self._variables(source, [""], node)

    def _of_object(self, source: FileNode, given: dict[str, ast.expr]) -> Iterator[Written]:
        names = self._sources.texts(source.at(given["name"])) if "name" in given else []
        if "value" in given and "name" in given:
            yield from self._variables(source, names or [""], given["value"])
        if "image" in given:
            for text in self._sources.texts(source.at(given["image"])):
                line = getattr(given["image"], "lineno", 0)
                yield Image(file=source.file, line=line, name=next(iter(names), ""), text=text)
        for name, value in given.items():
            yield from self._variables(source, [name], value, only_upper=True)

    def _variables(
        self, source: FileNode, names: Sequence[str], value: ast.expr, *, only_upper: bool = False
    ) -> Iterator[Written]:
        for name in names:
            if not only_upper or _VARIABLE.fullmatch(name):
                for text in self._sources.texts(source.at(value)):
                    yield Written(file=source.file, line=getattr(value, "lineno", 0), name=name, text=text)


def _entries(node: ast.Dict) -> Iterator[tuple[str, ast.expr]]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, value


def _named(target: ast.expr) -> str:
    """Return the name, attribute or key that an assignment has as its target."""
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    return last(target)
