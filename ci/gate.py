"""The gate before a publish: tests and scan of every image of a DAG type, and who may override what."""

from collections.abc import Mapping
from dataclasses import dataclass

from . import report_formats, scan_texts, scanning, smoke
from .errors import Fault, StepError
from .image import Image
from .report import Report
from .scanning import Scanned, Scanner
from .sources import Sources
from .spec import DagType


@dataclass(frozen=True, kw_only=True)
class Passed:
    """What the gate found: tests and scan per platform, and what a person is to be told."""

    tested: Mapping[str, Report]
    scanned: Mapping[str, Scanned]
    problems: tuple[str, ...]
    note: str


async def check(
    dag_type: DagType,
    images: Mapping[str, Image],
    scanners: Mapping[str, Scanner],
    sources: Sources,
    unscanned: str,
) -> Passed:
    """Test and scan images, by platform.

    Args:
        dag_type: whose they are.
        images: as they are to be published.
        scanners: one for each platform's base.
        sources: with the policies.
        unscanned: why it is right to publish what couldn't be scanned; empty: it isn't.

    Raises:
        ConfigurationError: the policy is wrong.
    """
    problems: list[str] = []
    notes: list[str] = []
    tested: dict[str, Report] = {}
    scanned: dict[str, Scanned] = {}
    for platform, built in images.items():
        try:
            tested[platform] = found = await smoke.test(dag_type, built, sources)
            problems += [] if found.passed else [report_formats.text([found])]
        except Fault as fault:
            problems += fault.problems
        scanned[platform] = await scanning.scan(dag_type, built, scanners[platform], sources)
        verdict = scanned[platform].verdict
        missing = verdict.unreliable
        if missing and unscanned:
            notes.append(f"published without a scan: {unscanned} ({missing})")
        elif missing:
            told = (
                "reach a database (--database, --database-file), or publish with --allow-unscanned '<reason>'"
            )
            problems.append(f"not scanned: {missing}: {told}")
        if verdict.fails:  # what is known counts in any case
            problems.append(scan_texts.table([verdict]))
    return Passed(
        tested=tested, scanned=scanned, problems=tuple(problems), note="; ".join(dict.fromkeys(notes))
    )


def refusal(passed: Passed) -> StepError:
    """What is told where the gate failed and nobody overrode it."""
    advice = "mend it, or publish all the same with --force '<reason>', which a label will tell"
    told = "\n".join(passed.problems)
    return StepError([f"the gate failed, nothing was pushed: {advice}\n{told}"])
