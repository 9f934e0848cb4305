"""DAG files as ``ci/checks/dags/programs/parse.py`` tells of them: one parse of all files of a type."""

import re

from pydantic import BaseModel, ConfigDict

from ..report import Finding


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dag(_Value):
    """A DAG of a file: its id, the line that says it (0: none does), and the ids of its tasks, sorted."""

    id: str
    line: int
    tasks: tuple[str, ...]


class Error(_Value):
    """Why a file, or a DAG of it, was refused.

    ``kind`` is import, timeout, cycle or dag; ``statement`` the import at that line, empty where it is none.
    """

    kind: str
    cause: str
    line: int
    statement: str

    @property
    def missing(self) -> str:
        """The module that isn't there, by its dotted name; empty where it is another error."""
        found = re.search(r"No module named '([\w.]+)'", self.cause)
        return found[1] if found else ""

    @property
    def is_made_up(self) -> bool:
        """Whether it may follow from a made-up answer alone: neither an import nor the syntax is at fault."""
        return self.kind == "dag" or (
            self.kind == "import"
            and not re.match(r"(ModuleNotFound|Import|Syntax|Indentation|Tab)Error\b", self.cause)
        )


class Access(_Value):
    """What was reached for while a file was parsed: a Variable "x", the network "host:443", by which line."""

    kind: str
    name: str
    file: str
    line: int


class ParsedFile(_Value):
    """One file; paths are relative to the repository's root, as in dags/api/dag.py.

    ``skipped`` where safe mode passes over it, ``slow`` where it took more than the type allows, ``died`` why
    its process ended before it told anything else.
    """

    file: str
    skipped: bool = False
    slow: bool = False
    died: str = ""
    dags: tuple[Dag, ...] = ()
    errors: tuple[Error, ...] = ()
    findings: tuple[Finding, ...] = ()
    accesses: tuple[Access, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether there may be more DAGs in it than are told."""
        return bool(self.errors or self.died)


class Parsed(_Value):
    """All files of a type, or the problem why none could be parsed."""

    files: tuple[ParsedFile, ...] = ()
    problem: str = ""
