"""The tests of one DAG type's image as the gate before a publish: its report as text, or an error with it."""

from .dependencies import checking
from .image import Image
from .reports import gate
from .sources import Sources
from .spec import DagType
from .testing import all_types, suite


async def test(dag_type: DagType, built: Image, sources: Sources) -> str:
    """The report on a type's image as text.

    Args:
        dag_type: whose it is.
        built: the image, as it is to be published.
        sources: the repository, whose other types count too.

    Raises:
        CheckError: with the whole report, where there is an error in it.
        StepError: a test couldn't be run.
    """
    seen = await all_types.parsed_by_type(sources, built.base)
    subject = built.subject().with_ignore(await sources.ignore_file())
    return gate([await suite.run(subject, seen, [checking.outcome(built, dag_type, sources)])])
