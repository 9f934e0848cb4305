"""Tests of DAG types and their reports, as a user gets them: text and an exit code, or a file."""

from collections.abc import Sequence
from typing import Annotated

import dagger
from dagger import Doc, dag, function, object_type

from ..checks import report_formats
from ..checks.dags import all_types
from ..checks.report import Report
from ..errors import CheckError
from ..image import base
from ..tools.checkout import Checkout
from ..tools.engine import as_function_error
from .output import shown


@object_type
class Reports:
    """Reports on DAG types."""

    reports: list[str]

    @function
    async def sync(self) -> str:
        """Print them; fails unless all passed. The CLI calls it where a call ends in reports."""
        with as_function_error():
            return await shown(gate(self.parsed()))

    @function
    def gate(self) -> str:
        """The text; fails unless all passed."""
        with as_function_error():
            return gate(self.parsed())

    @function
    def report(
        self,
        form: Annotated[str, dagger.Name("format"), Doc("text, markdown, junit or json")] = "text",
    ) -> dagger.File:
        """The reports as a file; it is given whatever they say."""
        with as_function_error():
            return dag.file(
                report_formats.FILE_NAMES.get(form, form), report_formats.render(form, self.parsed())
            )

    def parsed(self) -> list[Report]:
        """The reports as values."""
        return [Report.model_validate_json(each) for each in self.reports]


def gate(reports: Sequence[Report]) -> str:
    """The text of reports.

    Raises:
        CheckError: with it, where one didn't pass.
    """
    told = report_formats.text(reports)
    if not all(each.passed for each in reports):
        raise CheckError([told])
    return told


def of(reports: Sequence[Report]) -> Reports:
    """Reports that can be asked for their formats."""
    return Reports(reports=[each.model_dump_json() for each in reports])


async def test(checkout: Checkout, dag_type: str) -> list[Report]:
    """Return the reports on one DAG type, or on all of them where the name is empty."""
    types = (await checkout.catalog()).chosen(dag_type)
    return await all_types.test_all(types, checkout, await base.pinned(checkout))
