"""Tests of several DAG types at the same time; a problem with one of them hides no other's report."""

import dataclasses
from collections.abc import Sequence
from functools import partial

from ...config import publish
from ...config.dag_type import DagType
from ...errors import ConfigurationError, Fault, StepError, gather_all, gather_both
from ...image import build
from ...image.base import BaseImage
from ...image.built import BuiltImage
from ...image.runtime import installed
from ...tools.checkout import Checkout
from .. import report
from ..imports import files, hygiene
from ..imports.code import Code
from ..pods import check as pods
from ..report import CheckResult, Report
from . import suite
from .parsed import Parsed
from .suite import ImageResults, ImageUnderTest


async def test_all(types: Sequence[DagType], checkout: Checkout, base: BaseImage) -> list[Report]:
    """Return the reports on DAG types, in their order; an image that can't be built is a finding."""
    jobs = (_build_and_test(dag_type, checkout, base) for dag_type in types)
    results, parsed = await gather_both(gather_all(jobs), scheduler_parses(checkout, base.reference))
    return [one if isinstance(one, Report) else suite.complete(one, parsed) for one in results]


def refused(name: str, problems: Sequence[str]) -> Report:
    """Return the report on a DAG type that can't be built, for its configuration or files are wrong."""
    remedy = "fix this first: nothing else of the type was tested"
    return report.merge(name, [CheckResult.of_problems("build", "", problems, remedy)])


async def test_one(dag_type: DagType, built: BuiltImage, checkout: Checkout) -> Report:
    """Return the report on a type's image."""
    results, parsed = await gather_both(
        _test(dag_type, built, checkout), scheduler_parses(checkout, built.base)
    )
    return suite.complete(results, parsed)


async def scheduler_parses(checkout: Checkout, base: str) -> dict[str, Parsed]:
    """Return the files of every valid type, no two of which may have the same DAG id."""

    async def parse_all() -> dict[str, Parsed]:
        types = (await checkout.catalog()).types
        parsed = await gather_all(_scheduler_parse(types[name], checkout, base) for name in sorted(types))
        return dict(zip(sorted(types), parsed, strict=True))

    return await checkout.memoized(("parsed", base), parse_all)


async def _scheduler_parse(dag_type: DagType, checkout: Checkout, base: str) -> Parsed:
    dags, ignore = await checkout.dag_files(dag_type), await checkout.ignore_file()
    try:
        return await suite.parse_as_scheduler(dag_type, dags, base, ignore)
    except StepError as fault:
        return Parsed(problem=str(fault))


async def _build_and_test(dag_type: DagType, checkout: Checkout, base: BaseImage) -> ImageResults | Report:
    """Return the results of a type's image, or the whole report where it can't be built or tested."""
    try:
        return await _test(dag_type, await build.build(dag_type, checkout, base), checkout)
    except Fault as fault:
        return refused(dag_type.name, fault.problems)


async def _test(dag_type: DagType, built: BuiltImage, checkout: Checkout) -> ImageResults:
    image = ImageUnderTest.of(built, await checkout.ignore_file())
    results, imports = await gather_both(suite.test_image(image), import_hygiene(built, dag_type, checkout))
    return dataclasses.replace(
        results,
        results=(*results.results, await _pods(dag_type, checkout)),
        imports=imports(listed=results.worker.listed),
    )


async def import_hygiene(built: BuiltImage, dag_type: DagType, sources: Checkout) -> partial[CheckResult]:
    """Return the check of what a built image's files import; it takes the files that Airflow looks at.

    Only the image's Python is run.
    """
    types = (await sources.catalog()).types.values()  # mistakes in other types' files are reported elsewhere
    own = {dag_type.file: await sources.text(dag_type.file) or ""}
    texts = {**await _code(sources), **own}
    code = Code(dag_type, tuple(types), texts, await installed(built.container()))
    tried = await suite.import_names(ImageUnderTest.of(built), code.names())
    moved = await suite.new_places([name for name in tried.failed if name.startswith("airflow.")])
    return partial(hygiene.check, code, tried, moved)


async def _pods(dag_type: DagType, sources: Checkout) -> CheckResult:
    """Check what a type's code writes into pods."""
    try:
        pattern = publish.parse(await sources.text(publish.FILE)).publish.reference
    except ConfigurationError:  # what is wrong with it is told where images are published
        pattern = publish.DEFAULT
    types = (await sources.catalog()).types.values()
    return pods.check(dag_type, types, await _code(sources), pattern)


async def _code(sources: Checkout) -> dict[str, str]:
    async def read() -> dict[str, str]:
        return files.read(await sources.exported())

    return await sources.memoized("code", read)
