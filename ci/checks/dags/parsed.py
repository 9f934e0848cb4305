"""Parsed DAG files: the answer of ``ci/checks/dags/programs/parse.py`` on all files of a type."""

import re

from ...values import Value
from ..report import Finding


class Dag(Value):
    """A DAG of a file: its id, the line with the id (0: none), and its task ids, sorted."""

    id: str
    line: int
    tasks: tuple[str, ...]


class ParseError(Value):
    """The reason why Airflow refused a file or a DAG.

    ``kind`` is import, timeout, cycle or dag; ``statement`` is the import at that line, if there is one.
    """

    kind: str
    cause: str
    line: int
    statement: str

    @property
    def missing(self) -> str:
        """Return the dotted name of the missing module; empty for other errors."""
        match = re.search(r"No module named '([\w.]+)'", self.cause)
        return match[1] if match else ""

    @property
    def may_be_made_up(self) -> bool:
        """Return whether a made-up answer alone may be the cause: it is neither an import nor syntax."""
        return self.kind == "dag" or (
            self.kind == "import"
            and not re.match(r"(ModuleNotFound|Import|Syntax|Indentation|Tab)Error\b", self.cause)
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

    ``skipped``: safe mode passes over it. ``slow``: it took more than the type allows. ``died``: why its
    process ended without an answer.
    """

    file: str
    skipped: bool = False
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


class Parsed(Value):
    """All files of a type, or the problem why none could be parsed."""

    files: tuple[ParsedFile, ...] = ()
    problem: str = ""
