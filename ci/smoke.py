"""The tests of one DAG type's image, as the gate before a publish needs them: its report."""

from .dependencies import checking
from .image import Image
from .report import Report
from .sources import Sources
from .spec import DagType
from .testing import all_types, suite


async def test(dag_type: DagType, built: Image, sources: Sources) -> Report:
    """The report on a type's image.

    Args:
        dag_type: whose it is.
        built: the image, as it is to be published.
        sources: the repository, whose other types count too.

    Raises:
        StepError: a test couldn't be run.
    """
    seen = await all_types.parsed_by_type(sources, built.base)
    subject = built.subject().with_ignore(await sources.ignore_file())
    return await suite.run(subject, seen, [checking.outcome(built, dag_type, sources)])
