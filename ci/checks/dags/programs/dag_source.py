"""The text of a DAG file: the lines of names, and the import that a line belongs to."""

from __future__ import annotations

import ast
import tokenize

DECISIONS = (ast.Raise, ast.Assert)


class Source:
    """A Python text, parsed once; without names and imports where it isn't Python."""

    def __init__(self, text: str) -> None:
        """Collect its names and imports."""
        self._lines: dict[str, int] = {}
        self._imports: list[ast.Import | ast.ImportFrom] = []
        tree = _tree(text)
        self._unconditional = [node.lineno for node in tree.body if isinstance(node, DECISIONS[:1])]
        self._decisions: list[ast.stmt] = []
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._add(node.name, node.lineno)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self._add(node.value, node.lineno)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                self._imports.append(node)
            elif isinstance(node, DECISIONS):
                self._decisions.append(node)

    def _add(self, name: str, line: int) -> None:
        self._lines[name] = min(line, self._lines.get(name, line))

    def line_of(self, name: str) -> int:
        """Return the first line with the id of a DAG or task, as a text or a function's name; 0: none.

        For a task in a group the last part of its id suffices.
        """
        lines = [self._lines.get(text, 0) for text in (name, name.rpartition(".")[2])]
        return min((line for line in lines if line), default=0)

    def statement_at(self, line: int) -> str:
        """Return the import that a line belongs to, as one line; empty where it isn't one."""
        for node in self._imports:
            if node.lineno <= line <= (node.end_lineno or 0):
                return ast.unparse(node)
        return ""

    def decides_at(self, line: int) -> bool:
        """Return whether a line belongs to an `assert`, or to a `raise` that isn't always reached."""
        return line not in self._unconditional and any(
            node.lineno <= line <= (node.end_lineno or 0) for node in self._decisions
        )


def text_of(path: str) -> str:
    """Return the text of a file, in the encoding that it declares; empty for an archive."""
    try:
        with tokenize.open(path) as file:
            return file.read()
    except (SyntaxError, UnicodeError, LookupError):
        return ""


def _tree(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: nested too deeply
        return ast.Module([], [])
