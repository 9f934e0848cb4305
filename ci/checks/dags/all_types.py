"""Tests of several DAG types at the same time; a problem with one of them hides no other's report."""

from collections.abc import Awaitable, Mapping, Sequence
from functools import partial

from dagger import dag

from ...config import publish
from ...config.dag_type import DagType
from ...errors import ConfigurationError, Fault, gather_both, gather_each
from ...image import build
from ...image.base import BaseImage
from ...image.built import BuiltImage
from ...image.environment import Environment
from ...image.runtime import installed
from ...tools.checkout import Checkout
from .. import report
from ..imports import files, hygiene
from ..imports.code import Code
from ..pods import check as pods
from ..report import CheckResult, Report
from . import suite
from .parsed import Parsed
from .suite import ImageEnvironment, ImageResults, TypeFiles


async def test_all(types: Sequence[DagType], checkout: Checkout, base: BaseImage) -> list[Report]:
    """Return the reports on DAG types, in their order; an image that can't be built is a finding."""

    async def tested() -> Mapping[str, ImageResults | Fault]:
        built = await gather_each(build.build(dag_type, checkout, base) for dag_type in types)
        faults = {one.name: made for one, made in zip(types, built, strict=True) if isinstance(made, Fault)}
        return {**faults, **await _test([made for made in built if isinstance(made, BuiltImage)], checkout)}

    reports = await _complete(tested(), scheduler_parses(checkout, base))
    results = [reports[one.name] for one in types]
    return [
        refused(one.name, result.problems) if isinstance(result, Fault) else result
        for one, result in zip(types, results, strict=True)
    ]


async def test_images(
    images: Sequence[BuiltImage], checkout: Checkout, base: BaseImage
) -> Mapping[str, Report | Fault]:
    """Return the reports on images by their types' names, or the fault with which a test ended."""
    return await _complete(_test(images, checkout), scheduler_parses(checkout, base, images))


async def _complete(
    tested: Awaitable[Mapping[str, ImageResults | Fault]], parses: Awaitable[Mapping[str, Parsed]]
) -> Mapping[str, Report | Fault]:
    """Return the reports by type, with what the scheduler makes of all files, parsed at the same time."""
    results, parsed = await gather_both(tested, parses)
    return {
        name: result if isinstance(result, Fault) else suite.complete(result, parsed)
        for name, result in results.items()
    }


def refused(name: str, problems: Sequence[str]) -> Report:
    """Return the report on a DAG type that can't be built, for its configuration or files are wrong."""
    remedy = "fix this first: nothing else of the type was tested"
    return report.merge(name, [CheckResult.of_problems("build", "", problems, remedy)])


async def scheduler_parses(
    checkout: Checkout, base: BaseImage, images: Sequence[BuiltImage] = ()
) -> dict[str, Parsed]:
    """Return the files of every valid type, no two of which may have the same DAG id."""

    async def parse_all() -> dict[str, Parsed]:
        types = [one for _, one in sorted((await checkout.catalog()).types.items())]
        trees = [dag.directory().with_directory(build.DAGS, await checkout.dag_files(one)) for one in types]
        parsed = [TypeFiles(dag_type=one, files=tree) for one, tree in zip(types, trees, strict=True)]
        environment = await ImageEnvironment.of_base(base, types, images)
        return await suite.parse("scheduler", environment, parsed, await checkout.ignore_file())

    return await checkout.memoized(("parsed", base.reference), parse_all)


async def _test(images: Sequence[BuiltImage], checkout: Checkout) -> Mapping[str, ImageResults | Fault]:
    """Return the results of images by type, or the fault with which a test ended."""
    alike: dict[str, list[BuiltImage]] = {}
    for image in images:
        alike.setdefault(image.environment.digest, []).append(image)
    tested = await gather_each(_test_alike(group, checkout) for group in alike.values())
    results: dict[str, ImageResults | Fault] = {}
    for group, one in zip(alike.values(), tested, strict=True):
        names = [image.dag_type.name for image in group]
        results |= dict.fromkeys(names, one) if isinstance(one, Fault) else dict(zip(names, one, strict=True))
    return results


async def _test_alike(images: Sequence[BuiltImage], checkout: Checkout) -> list[ImageResults | Fault]:
    """Return the results of images with the same environment."""
    environment = await _environment(images[0], checkout)
    parsed = [TypeFiles(dag_type=image.dag_type, files=image.files) for image in images]
    title = f"environment of {suite.named([image.dag_type.name for image in images])}"
    jobs = (import_hygiene(image, image.dag_type, checkout) for image in images)
    (worker, checked), hygienes = await gather_both(
        gather_both(
            suite.parse("worker", environment, parsed, await checkout.ignore_file()),
            suite.check_environment(environment, title),
        ),
        gather_each(jobs),
    )
    return [
        checks
        if isinstance(checks, Fault)
        else ImageResults(
            dag_type=image.dag_type,
            worker=worker[image.dag_type.name],
            results=(checked, await _pods(image.dag_type, checkout)),
            imports=checks(listed=worker[image.dag_type.name].listed),
        )
        for image, checks in zip(images, hygienes, strict=True)
    ]


async def import_hygiene(built: BuiltImage, dag_type: DagType, sources: Checkout) -> partial[CheckResult]:
    """Return the check of what a built image's files import; it takes the files that Airflow looks at.

    Only the image's Python is run.
    """
    types = (await sources.catalog()).types.values()  # mistakes in other types' files are reported elsewhere
    own = {dag_type.file: await sources.text(dag_type.file) or ""}
    texts = {**await _code(sources), **own}
    environment = await _environment(built, sources)

    async def packages() -> Environment:
        return await installed(environment.container)

    code = Code(
        dag_type, tuple(types), texts, await sources.memoized(("installed", environment.name), packages)
    )
    tried = await suite.import_names(environment, dag_type, code.names())
    moved = await suite.new_places([name for name in tried.failed if name.startswith("airflow.")])
    return partial(hygiene.check, code, tried, moved)


async def _environment(built: BuiltImage, checkout: Checkout) -> ImageEnvironment:
    """Return what the files of a built image are tested in, which types may have in common."""
    return await checkout.memoized(
        ("environment", built.environment.digest), lambda: ImageEnvironment.of(built)
    )


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
