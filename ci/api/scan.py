"""The result of a scan, as a user gets it: a table and an exit code, or a report as a file."""

import json
from typing import Annotated

import dagger
from dagger import Doc, dag, function, object_type

from ..checks.scan import formats, verdict
from ..publish import publication
from ..tools.engine import as_function_error
from .output import shown


@object_type
class Scan:
    """Verdicts on the images of DAG types, and notes on types without one."""

    verdicts: list[str]
    locks: str
    notes: list[str]

    @function
    async def sync(self) -> str:
        """Show the table; fails unless every image passed. The CLI calls it where a call ends here."""
        with as_function_error():
            return await shown(formats.gate(self.to_result()))

    @function
    def gate(self) -> str:
        """Return the table; fails unless every image passed."""
        with as_function_error():
            return formats.gate(self.to_result())

    @function
    def report(
        self,
        form: Annotated[
            str, dagger.Name("format"), Doc("table, json, markdown, sarif, junit or html")
        ] = "table",
    ) -> dagger.File:
        """Return the verdicts as a file, whether the images passed or not."""
        with as_function_error():
            result = self.to_result()
            text = formats.render(form, result.verdicts, result.locks, result.notes)
            return dag.file(formats.FILE_NAMES[form], text)

    @function
    def results(self) -> dagger.File:
        """Return verdicts and notes as a file for `report`, whether the images passed or not."""
        return dag.file(publication.FILE, publication.of_scan(self.to_result()).as_json())

    def to_result(self) -> "formats.ScanResult":
        """Return the result as a plain value."""
        verdicts = tuple(verdict.Verdict.model_validate_json(text) for text in self.verdicts)
        return formats.ScanResult(verdicts=verdicts, locks=json.loads(self.locks), notes=tuple(self.notes))


def of(result: "formats.ScanResult") -> Scan:
    """Return the object of a result."""
    verdicts = [verdict.model_dump_json() for verdict in result.verdicts]
    return Scan(verdicts=verdicts, locks=json.dumps(result.locks), notes=list(result.notes))
