"""The files that the steps of a pipeline read, as texts by path: of a plan, and of results."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..checks import report_formats
from ..checks.scan import sarif
from ..checks.scan.verdict import Verdict, not_scanned
from ..publish.publication import Publication
from . import text
from .github import annotations, outputs, summary
from .github.outputs import Plan

OUTPUTS = "outputs.env"
PLANNED = "planned.md"


def of_plan(plan: Plan) -> dict[str, str]:
    """Return the plan, the same for a summary, and the lines that jobs are made of.

    Raises:
        ConfigurationError: GitHub has no job for each DAG type.
    """
    return {
        outputs.PLAN: outputs.plan(plan.found, plan.event),
        PLANNED: f"{text.markdown(plan.found)}\n",
        OUTPUTS: outputs.jobs(plan),
    }


def of_results(
    done: Publication,
    plan: Plan | None,
    verdicts: Sequence[Verdict],
    locks: Mapping[str, str],
    *,
    attested: bool,
) -> dict[str, str]:
    """Return the files of a report.

    Args:
        done: what was made, a row per DAG type.
        plan: what was to be made; None where nobody planned.
        verdicts: of the scans.
        locks: the text of each type's pylock.toml, by the type's name.
        attested: whether GitHub attested what was pushed.

    Raises:
        ConfigurationError: nothing was made yet, and GitHub has no job for each DAG type of the plan.
    """
    missing = summary.lost(done, plan)
    passed, table = gate(done, missing)
    parts = {
        f"scan-{number}.sarif": part for number, part in enumerate(sarif.documents(verdicts, locks), start=1)
    }
    lines = [
        outputs.jobs(plan) if plan and not done.rows else "",
        outputs.subject(next(iter(done.rows), None)) if len(done.rows) <= 1 else "",
        outputs.files([*parts]),
    ]
    commanded = annotations.annotations(done, missing)
    return {
        **({PLANNED: f"{text.markdown(plan.found)}\n"} if plan else {}),
        "summary.md": summary.markdown(done, plan, missing, attested=attested),
        "annotations.txt": f"{commanded}\n" if commanded else "",
        OUTPUTS: "".join(lines),
        "tests.xml": report_formats.junit([report for row in done.rows for report in row.tests]),
        "scan.sarif": sarif.sarif(verdicts, locks),
        **{f"sarif/{name}": part for name, part in parts.items()},
        "verdict.txt": f"{table}\n",
        "verdict": "passed\n" if passed else "failed\n",
    }


def gate(done: Publication, missing: Mapping[str, Sequence[str]]) -> tuple[bool, str]:
    """Return whether every DAG type has a result and passed, and the table, without commands to a log."""
    return not (done.failed or missing), annotations.harmless(summary.gate(done, missing))


def verdicts(done: Publication, now: datetime) -> list[Verdict]:
    """Return the verdicts of all scans; of a type that wasn't scanned one that says so.

    Args:
        done: what was made, a row per DAG type.
        now: when a type is said not to have been scanned.
    """
    return [
        verdict
        for row in done.rows
        if row.made
        for verdict in row.scans or (not_scanned(row.dag, row.digest, "", now, row.problem),)
    ]
