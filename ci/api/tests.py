"""Tests of DAG types and their reports, as a user gets them."""

from collections.abc import Sequence

from ..checks import report as test_reports
from ..checks import report_formats
from ..checks.dags import all_types
from ..errors import CheckError
from ..image import base
from ..tools import checkout as checkouts


def check_format(form: str) -> None:
    """Raise ConfigurationError for a format that reports don't have: before a test costs minutes."""
    report_formats.render(form, [])


def result(
    reports: "Sequence[test_reports.Report]", form: str = "text", *, report_failures: bool = False
) -> str:
    """Return reports in a format; raise their text as a CheckError if a DAG type didn't pass."""
    if not report_failures and not all(report.passed for report in reports):
        raise CheckError([report_formats.text(reports)])
    return report_formats.render(form, reports)


async def test(checkout: "checkouts.Checkout", dag_type: str) -> "list[test_reports.Report]":
    """Return the reports on one DAG type, or on all of them where the name is empty."""
    types, problems = (await checkout.catalog()).divided(dag_type)
    tested = await all_types.test_all(types, checkout, await base.pinned(checkout)) if types else []
    refused = [all_types.refused(name, listed) for name, listed in problems.items()]
    return sorted([*tested, *refused], key=lambda report: report.subject)
