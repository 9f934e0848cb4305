"""Tests of DAG types and their reports, as a user gets them: text and an exit code, or a file."""

from collections.abc import Sequence
from typing import Annotated

import dagger
from dagger import Doc, dag, function, object_type

from ..checks import report as test_reports
from ..checks import report_formats
from ..checks.dags import all_types
from ..errors import CheckError
from ..image import base
from ..tools import checkout as checkouts
from ..tools.engine import as_function_error
from .output import shown


@object_type
class Reports:
    """Test reports on DAG types."""

    reports: list[str]

    @function
    async def sync(self) -> str:
        """Show the reports; fails unless all passed. The CLI calls it where a call ends here."""
        with as_function_error():
            return await shown(gate(self.parsed()))

    @function
    def gate(self) -> str:
        """Return the reports as text; fails unless all passed."""
        with as_function_error():
            return gate(self.parsed())

    @function
    def report(
        self,
        form: Annotated[str, dagger.Name("format"), Doc("text, markdown, junit or json")] = "text",
    ) -> dagger.File:
        """Return the reports as a file, whether the tests passed or not."""
        with as_function_error():
            return dag.file(
                report_formats.FILE_NAMES.get(form, form), report_formats.render(form, self.parsed())
            )

    def parsed(self) -> "list[test_reports.Report]":
        """Return the reports as values."""
        return [test_reports.Report.model_validate_json(text) for text in self.reports]


def gate(reports: "Sequence[test_reports.Report]") -> str:
    """Return the text of reports; raise it as a CheckError if a DAG type didn't pass."""
    text = report_formats.text(reports)
    if not all(report.passed for report in reports):
        raise CheckError([text])
    return text


def of(reports: "Sequence[test_reports.Report]") -> Reports:
    """Return the object of reports."""
    return Reports(reports=[report.model_dump_json() for report in reports])


async def test(checkout: "checkouts.Checkout", dag_type: str) -> "list[test_reports.Report]":
    """Return the reports on one DAG type, or on all of them where the name is empty."""
    types, problems = (await checkout.catalog()).divided(dag_type)
    tested = await all_types.test_all(types, checkout, await base.pinned(checkout)) if types else []
    refused = [all_types.refused(name, listed) for name, listed in problems.items()]
    return sorted([*tested, *refused], key=lambda report: report.subject)
