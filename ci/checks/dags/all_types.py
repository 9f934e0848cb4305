"""All tests of several DAG types at once; what is wrong with one hides no other's report."""

from collections.abc import Awaitable, Callable, Sequence

from ...config.dag_type import DagType
from ...errors import Fault, StepError, gather_all, gather_both
from ...image import build
from ...image.base import BaseImage
from ...image.built import BuiltImage
from ...tools.checkout import Checkout
from .. import report
from ..imports import check
from ..report import CheckResult, Finding, Report
from . import suite
from .parsed import Parsed
from .suite import Examined, Subject

# What else is to be found of a type: given it and its image, jobs that run beside the tests.
Further = Callable[[DagType, BuiltImage], Sequence[Awaitable[CheckResult]]]


def nothing_further(_: DagType, __: BuiltImage) -> Sequence[Awaitable[CheckResult]]:
    """No further jobs."""
    return ()


async def test_all(
    types: Sequence[DagType],
    sources: Checkout,
    below: BaseImage,
    further: Further = nothing_further,  # noqa: PT028 - no test of ours
) -> list[Report]:
    """The reports on DAG types, in their order; a type whose image can't be built has a finding that says so.

    Args:
        types: to be tested, at the same time.
        sources: the repository, whose other types count too: no two may have a DAG of the same id.
        below: the base.
        further: what else is to be found of each.
    """
    jobs = (_examined(each, sources, below, further) for each in types)
    seen, examined = await gather_both(parsed_by_type(sources, below.reference), gather_all(jobs))
    return [each if isinstance(each, Report) else suite.judged(each, seen) for each in examined]


async def parsed_by_type(sources: Checkout, below: str) -> dict[str, Parsed]:
    """The files of every type as the scheduler sees them, but for those that are declared wrongly.

    Of a type whose files couldn't be parsed at all, the problem is given.
    """
    return await sources.memoized(("parsed", below), lambda: _parsed_by_type(sources, below))


async def _parsed_by_type(sources: Checkout, below: str) -> dict[str, Parsed]:
    known = (await sources.catalog()).types
    parsed = await gather_all(_parsed(known[name], sources, below) for name in sorted(known))
    return dict(zip(sorted(known), parsed, strict=True))


async def _parsed(dag_type: DagType, sources: Checkout, below: str) -> Parsed:
    dags, ignore = await sources.dag_files(dag_type), await sources.ignore_file()
    try:
        return await suite.as_scheduler(dag_type, dags, below, ignore)
    except StepError as fault:
        return Parsed(problem=str(fault))


async def _examined(
    dag_type: DagType, sources: Checkout, below: BaseImage, further: Further
) -> Examined | Report:
    """What was found of a type, or its whole report where there is no image to look into."""
    try:
        built = await build.build(dag_type, sources, below)
        subject = Subject.of(built, await sources.ignore_file())
        return await suite.examine(subject, further(dag_type, built))
    except Fault as fault:
        return report.merge(dag_type.name, [CheckResult(findings=tuple(map(_unbuilt, fault.problems)))])


def _unbuilt(problem: str) -> Finding:
    return Finding(
        check="build", file="", line=0, cause=problem, remedy="put this right first: nothing of it was tested"
    )


async def test_one(dag_type: DagType, built: BuiltImage, sources: Checkout) -> Report:
    """The report on a type's image.

    Args:
        dag_type: whose it is.
        built: the image, as it is to be published.
        sources: the repository, whose other types count too.

    Raises:
        StepError: a test couldn't be run.
    """
    seen = await parsed_by_type(sources, built.base)
    subject = Subject.of(built, await sources.ignore_file())
    return await suite.run(subject, seen, [check.outcome(built, dag_type, sources)])
