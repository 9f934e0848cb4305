"""Parsed DAG files: the answer of ``ci/checks/dags/programs/parse.py`` on all files of a type."""

import re

from ...config.values import Value
from ..report import Finding


class Dag(Value):
    """A DAG of a file: its id, the line with the id (0: none), and its task ids, sorted."""

    id: str
    line: int
    tasks: tuple[str, ...]


class ParseError(Value):
    """The reason why Airflow refused a file or a DAG.

    ``kind`` is import, timeout, cycle or dag; ``statement`` is the import at that line, if there is one;
    ``constant``: the file got made-up values, and fails alike whatever they are.
    """

    kind: str
    cause: str
    line: int
    statement: str
    constant: bool = False

    @property
    def missing(self) -> str:
        """Return the dotted name of the missing module; empty for other errors."""
        pattern = r"No module named '([\w.]+)'"
        match = None if self.kind == "timeout" else re.search(pattern, self.cause)
        return match[1] if match else ""

    @property
    def may_be_made_up(self) -> bool:
        """Return whether a made-up answer may be the cause: other ones change it, or weren't tried."""
        return (
            not self.constant
            and self.kind in {"dag", "import"}
            and (
                self.kind == "dag"
                or not re.match(r"(ModuleNotFound|Import|Syntax|Indentation|Tab)Error\b", self.cause)
            )
        )


class TopLevelAccess(Value):
    """An access while a file is parsed, such as to the Variable "x" or the network "host:443"."""

    kind: str
    name: str
    file: str
    line: int

    @property
    def target(self) -> str:
        """Return the target in words."""
        database = self.kind == "metadata database"
        return "the metadata database" if database else f"the {self.kind} {self.name!r}"


class ParsedFile(Value):
    """One file; paths are relative to the repository's root, such as dags/api/dag.py.

    ``skipped``: safe mode passes over it, since it ``lacks`` a word. ``slow``: it took more than the type
    allows. ``died``: why its process ended without an answer. ``late``: a limit of time decided something.
    """

    file: str
    skipped: bool = False
    lacks: str = ""
    late: bool = False
    slow: bool = False
    died: str = ""
    dags: tuple[Dag, ...] = ()
    errors: tuple[ParseError, ...] = ()
    findings: tuple[Finding, ...] = ()
    accesses: tuple[TopLevelAccess, ...] = ()

    @property
    def failed(self) -> bool:
        """Return whether the file may have more DAGs than are listed."""
        return bool(self.errors or self.died)


class IgnorePattern(Value):
    """A line of an .airflowignore with a folder that Airflow doesn't ignore, and the folder's files."""

    file: str
    line: int
    pattern: str
    airflow: str
    files: tuple[str, ...]


class Parsed(Value):
    """All files of a type, or the problem why none could be parsed."""

    files: tuple[ParsedFile, ...] = ()
    patterns: tuple[IgnorePattern, ...] = ()
    problem: str = ""

    @property
    def listed(self) -> set[str] | None:
        """The files that Airflow is meant to look at; None where they are unknown."""
        meant = {file for pattern in self.patterns for file in pattern.files}
        return None if self.problem else {parsed.file for parsed in self.files} - meant
