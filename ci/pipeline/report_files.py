"""The files that the steps of a pipeline read, as texts by path: those of a plan, and those of results."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..checks import report_formats
from ..checks.scan import sarif
from ..checks.scan.verdict import Verdict, not_scanned
from ..publish.publication import Publication
from . import text
from .github import annotations, outputs, summary
from .github.outputs import JobPlan

OUTPUTS = "outputs.env"
PLANNED = "planned.md"


def of_plan(plan: JobPlan) -> dict[str, str]:
    """Return the plan as JSON and as Markdown, and the outputs of its job; raise as ``outputs.jobs``."""
    return {
        outputs.PLAN: plan.as_json(),
        PLANNED: f"{text.markdown(plan.found)}\n",
        OUTPUTS: outputs.jobs(plan),
    }


def of_results(
    done: Publication,
    plan: JobPlan | None,
    verdicts: Sequence[Verdict],
    locks: Mapping[str, str],
    *,
    attested: bool,
) -> dict[str, str]:
    """Return the files of a report; without results raise as ``outputs.jobs``.

    ``locks`` has the text of each type's pylock.toml by name; ``attested``: GitHub attested what was pushed.
    """
    passed, table = gate(done, plan)
    parts = {
        f"scan-{number}.sarif": part for number, part in enumerate(sarif.documents(verdicts, locks), start=1)
    }
    lines = [
        outputs.jobs(plan) if plan and not done.rows else "",
        outputs.subject(next(iter(done.rows), None)) if len(done.rows) <= 1 else "",
        outputs.files([*parts]),
    ]
    commands = annotations.annotations(done, plan)
    return {
        **({PLANNED: f"{text.markdown(plan.found)}\n"} if plan else {}),
        "summary.md": summary.markdown(done, plan, attested=attested),
        "annotations.txt": f"{commands}\n" if commands else "",
        OUTPUTS: "".join(lines),
        "tests.xml": report_formats.junit([report for row in done.rows for report in row.tests]),
        "scan.sarif": sarif.sarif(verdicts, locks),
        **{f"sarif/{name}": part for name, part in parts.items()},
        "verdict.txt": f"{table}\n",
        "verdict": "passed\n" if passed else "failed\n",
    }


def gate(done: Publication, plan: JobPlan | None) -> tuple[bool, str]:
    """Return whether every DAG type of the plan has a result and passed, and the table for a log."""
    missing = outputs.without_result(done, plan)
    lines = [done.table()] if done.rows else [] if missing else ["no DAG type to build"]
    lines += [f"{name}: FAILED: {problem}" for name, problem in outputs.problems(missing)]
    return not (done.failed or missing), annotations.without_commands("\n".join(lines))


def verdicts(done: Publication, now: datetime) -> list[Verdict]:
    """Return the verdicts of all scans; for a type that wasn't scanned, one with that state, of now."""
    return [
        verdict
        for row in done.rows
        if row.made
        for verdict in row.scans or (not_scanned(row.dag, row.digest, "", now, row.problem),)
    ]
