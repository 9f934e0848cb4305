"""The result of a scan, as a user gets it: a table and an exit code, or a report as a file."""

import json
from collections.abc import Sequence
from typing import Annotated

import dagger
from dagger import Doc, dag, function, object_type

from ..checks.scan import formats
from ..checks.scan.verdict import Verdict
from ..errors import CheckError
from ..publish import publication, scanned
from ..tools.engine import as_function_error, printed


@object_type
class Scan:
    """Verdicts on the images of DAG types; ``notes`` are lines on types beside that."""

    verdicts: list[str]
    locks: str
    notes: list[str]

    @function
    async def sync(self) -> str:
        """Print the table; fails unless every image passed. The CLI calls it where a call ends in a scan."""
        with as_function_error():
            return await printed("scan.txt", gate(self.parsed(), notes=self.notes))

    @function
    def gate(self) -> str:
        """The table; fails unless every image passed."""
        with as_function_error():
            return gate(self.parsed(), notes=self.notes)

    @function
    def report(
        self,
        form: Annotated[
            str, dagger.Name("format"), Doc("table, json, markdown, sarif, junit or html")
        ] = "table",
    ) -> dagger.File:
        """The verdicts as a file; it is given whatever they are."""
        with as_function_error():
            text = formats.render(form, self.parsed(), json.loads(self.locks), self.notes)
            return dag.file(formats.FILE_NAMES[form], text)

    @function
    def results(self) -> dagger.File:
        """The verdicts and notes as a file that `report` reads; it is given whatever they are."""
        done = scanned.publication(self.parsed(), self.notes)
        return dag.file(publication.FILE, done.as_json())

    def parsed(self) -> list[Verdict]:
        """The verdicts as values."""
        return [Verdict.model_validate_json(each) for each in self.verdicts]


def gate(verdicts: Sequence[Verdict], *, test: bool = False, notes: Sequence[str] = ()) -> str:
    """The table, with notes behind it; ``test`` lets a test database do.

    Raises:
        CheckError: with it, where one didn't pass, or by test data alone.
    """
    told = formats.render("table", verdicts, {}, notes)
    if not all(scanned.accepted(each, test=test) for each in verdicts):
        raise CheckError([told])
    return told


def of(verdicts: Sequence[Verdict], locks: dict[str, str], notes: Sequence[str] = ()) -> Scan:
    """A scan that can be asked for its reports."""
    told = [each.model_dump_json() for each in verdicts]
    return Scan(verdicts=told, locks=json.dumps(locks), notes=list(notes))
