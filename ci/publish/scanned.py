"""The verdicts of a scan as a publication holds them, so that a report tells them beside all else."""

from collections.abc import Sequence

from ..checks.scan import text
from ..checks.scan.verdict import State, Verdict
from .publication import Publication, Row


def accepted(verdict: Verdict, *, test: bool = False) -> bool:
    """Whether an image passed; ``test`` lets a test database do."""
    return verdict.state is State.PASSED and (test or not verdict.unreliable)


def publication(verdicts: Sequence[Verdict], notes: Sequence[str] = ()) -> Publication:
    """A row per verdict, in their order, of no commit: a row that isn't accepted has its table as problem.

    Args:
        verdicts: one per DAG type.
        notes: lines on types beside that.
    """
    rows = tuple(
        Row(
            dag=each.dag,
            repository="",  # nothing was pushed
            digest=each.image,
            scans=(each,),
            problem="" if accepted(each) else text.table([each]),
        )
        for each in verdicts
    )
    return Publication(commit="", rows=rows, notes=tuple(notes))
