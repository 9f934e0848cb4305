"""Tests of one DAG type, by a real Airflow without network, in the type's image and in the plain base."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import dagger
from dagger import dag
from pydantic import ValidationError

from ...config.dag_type import DagType
from ...config.values import Value
from ...errors import StepError, gather_both
from ...image import base, layers, runtime
from ...image.built import BuiltImage
from ...tools import containers, failures
from ...tools.engine import retrying, step
from .. import report
from ..imports.imported import Imported
from ..report import CheckResult, Report
from ..upgrade import ruff
from . import judge
from .parsed import Parsed

_DAGS = "/opt/airflow/dags"
_IGNORE = ".airflowignore"


@dataclass(frozen=True, kw_only=True)
class ImageUnderTest:
    """A DAG type's image as its tests need it: whole, and without its DAGs."""

    dag_type: DagType
    container: dagger.Container
    without_dags: dagger.Container
    base: str
    dags: dagger.Directory
    ignore: dagger.File | None = None  # the repository's dags/.airflowignore, which is in no image

    @classmethod
    def of(cls, built: BuiltImage, ignore: dagger.File | None = None) -> Self:
        """Return a built image, with the repository's dags/.airflowignore."""
        return cls(
            dag_type=built.dag_type,
            container=built.container(),
            without_dags=built.without_dags(),
            base=built.base,
            dags=built.dags,
            ignore=ignore,
        )


@dataclass(frozen=True, kw_only=True)
class ImageResults:
    """The results of tests in a type's image, without what the scheduler makes of its files."""

    dag_type: DagType
    worker: Parsed
    results: tuple[CheckResult, ...]
    imports: CheckResult | None = None


class _Answer(Value):
    result: CheckResult
    parsed: Parsed | None = None
    imported: Imported | None = None
    late: bool = False


async def test_image(image: ImageUnderTest) -> ImageResults:
    """Run the tests in the image itself."""
    worker, environment = await gather_both(_parse_as_worker(image), _environment(image))
    return ImageResults(dag_type=image.dag_type, worker=worker, results=(environment,))


def complete(image: ImageResults, parsed: Mapping[str, Parsed]) -> Report:
    """Return the report on one type; ``parsed`` has every type's files, as the scheduler sees them."""
    name = image.dag_type.name
    others = {other: files for other, files in parsed.items() if other != name}
    comparison = judge.compare(image.dag_type, image.worker, parsed[name], others)
    if image.imports is None:
        return report.merge(name, [comparison, *image.results])
    return report.merge(name, [*judge.with_imports(comparison, image.imports), *image.results])


async def parse_as_scheduler(
    dag_type: DagType, dags: dagger.Directory, reference: str, ignore: dagger.File | None = None
) -> Parsed:
    """Return a type's files, parsed in the plain base; for unchanged files the engine has the answer."""
    plain = base.container(reference)
    files = dags.with_file(_IGNORE, ignore) if ignore else dags
    ready = runtime.with_bytecode(plain, plain).with_mounted_directory(_DAGS, files, owner=layers.AIRFLOW)
    return await _parse(ready, "scheduler", dag_type)


async def _parse_as_worker(image: ImageUnderTest) -> Parsed:
    ready = runtime.with_bytecode(image.container, base.container(image.base))
    if image.ignore:
        ready = ready.with_mounted_file(f"{_DAGS}/{_IGNORE}", image.ignore, owner=layers.AIRFLOW)
    return await _parse(ready, "worker", image.dag_type)


async def _environment(image: ImageUnderTest) -> CheckResult:
    """Return the result of the checks that need no DAG, and aren't run again when one changes."""
    job = {"entrypoint": await retrying(image.without_dags.entrypoint)}
    ready = runtime.with_bytecode(image.without_dags, base.container(image.base))
    return (await _check(ready, {"environment": job}, f"environment of {image.dag_type.name}")).result


async def import_names(image: ImageUnderTest, names: Sequence[str]) -> Imported:
    """Return what of these modules and names, and of the declared dependencies, can't be imported."""
    requirements = list(image.dag_type.project.dependencies)
    job = {"imports": {"requirements": requirements, "names": list(names)}}
    ready = runtime.with_bytecode(image.without_dags, base.container(image.base))
    answer = await _check(ready, job, f"imports of {image.dag_type.name}")
    return answer.imported or Imported(problem="no answer")


async def new_places(names: Sequence[str]) -> dict[str, str]:
    """Return what to write in place of imports that Airflow lacks, where ruff's rules for Airflow know it.

    Args:
        names: as module:name.
    """
    known = [name.partition(":") for name in names if name.partition(":")[2] not in {"", "*"}]
    if not known:
        return {}
    # Rules are on uses, not on imports alone.
    text = "".join(f"from {module} import {name}; {name}\n" for module, _, name in known)
    command = ["ruff", "check", "--isolated", "--no-cache", "--select", ruff.SELECT]
    checked = (
        containers.locked("airflow-rules")
        .with_mounted_file("/code/imports.py", dag.file("imports.py", text))
        .with_exec([*command, "--output-format", "json", "--exit-zero", "/code"])
    )
    try:
        by_line = ruff.by_line(await retrying(checked.stdout))
    except dagger.QueryError:
        return {}  # the imports are findings in any case
    return {"".join(name): by_line[line] for line, name in enumerate(known, start=1) if line in by_line}


async def _parse(container: dagger.Container, role: str, dag_type: DagType) -> Parsed:
    job = {"parse": {"role": role, "seconds": dag_type.settings.max_parse_seconds}}
    answer = await _check(container, job, f"{role} parse of {dag_type.name}")
    return answer.parsed or Parsed(problem="no answer")


async def _check(container: dagger.Container, job: Mapping[str, object], title: str) -> _Answer:
    """Return the answer on a job; one that a limit of time decided isn't kept: the machine may be busy."""
    answer = await _answer(container, job, title)
    return await _answer(containers.uncached(container), job, title) if answer.late else answer


async def _answer(container: dagger.Container, job: Mapping[str, object], title: str) -> _Answer:
    answer = (
        container.with_mounted_directory("/mnt/testing", containers.programs("checks/dags", "image"))
        .with_mounted_file("/mnt/job.json", dag.file("job.json", json.dumps(job)))
        .with_user("root")
        .with_workdir("/mnt/testing")
        .with_exec(
            ["python3", "-B", "-m", "programs.check", "/mnt/job.json", "/answer.json"],
            insecure_root_capabilities=True,  # for an empty network namespace
        )
        .file("/answer.json")
    )
    with failures.as_step_error("could not run the tests"), step(title):
        text = await retrying(answer.contents)
    try:
        return _Answer.model_validate_json(text)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors()[:5])
        advice = "look for a DAG file that changes the program which parses it"
        raise StepError([f"the tests gave an invalid answer: {wrong}: {advice}"]) from None
