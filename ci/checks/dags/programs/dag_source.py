"""The text of a DAG file: the line that says a name, and the import that a line belongs to."""

from __future__ import annotations

import ast
import tokenize


class Source:
    """A Python text, parsed once whatever is asked of it; of what is no Python nothing is known."""

    def __init__(self, text: str) -> None:
        """Note what it says."""
        self._lines: dict[str, int] = {}
        self._imports: list[ast.Import | ast.ImportFrom] = []
        for node in ast.walk(_tree_of(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._note(node.name, node.lineno)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self._note(node.value, node.lineno)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                self._imports.append(node)

    def _note(self, name: str, line: int) -> None:
        self._lines[name] = min(line, self._lines.get(name, line))

    def line_of(self, name: str) -> int:
        """The first line that says the id of a DAG or task, as a text or a function's name; 0: none does.

        Of the id of a task in a group the last part will do.
        """
        lines = [self._lines.get(each, 0) for each in (name, name.rpartition(".")[2])]
        return min((line for line in lines if line), default=0)

    def statement_at(self, line: int) -> str:
        """The import that a line belongs to, in one line; empty where it is none."""
        for node in self._imports:
            if node.lineno <= line <= (node.end_lineno or 0):
                return ast.unparse(node)
        return ""


def text_of(path: str) -> str:
    """The text of a file, in the encoding that it declares; empty where it is an archive."""
    try:
        with tokenize.open(path) as file:
            return file.read()
    except (SyntaxError, UnicodeError, LookupError):
        return ""


def _tree_of(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the latter: nested too deep
        return ast.Module([], [])
