"""Tests of DAG types, by a real Airflow without network, in a type's image and in the plain base."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import dagger
from dagger import dag
from pydantic import Field, ValidationError

from ...config.dag_type import DagType
from ...config.fields import Bytecode
from ...config.values import Value
from ...errors import StepError
from ...image import layers
from ...image.base import BaseImage
from ...image.built import BuiltImage
from ...tools import containers, failures
from ...tools.engine import resolved, retrying, step
from .. import report
from ..imports.imported import Imported
from ..report import CheckResult, Report
from ..upgrade import ruff
from . import judge
from .parsed import Parsed

_DAGS = "opt/airflow/dags"
_IGNORE = ".airflowignore"
_TYPES = "/mnt/types"
_ANSWERS = "/mnt/answers"
_PROGRAMS = "/mnt/testing"


@dataclass(frozen=True, kw_only=True)
class TypeFiles:
    """The files of a DAG type to be parsed, at their paths in an image."""

    dag_type: DagType
    files: dagger.Directory


@dataclass(frozen=True, kw_only=True)
class ImageEnvironment:
    """What DAG types are parsed in: an image without their files, and a name for it.

    The same name means the same answers on the same files.
    """

    name: str
    container: dagger.Container

    @classmethod
    async def of(cls, built: BuiltImage) -> Self:
        """Return the image of a type without its files."""
        image = built.environment
        return cls(name=image.digest, container=await resolved(image.container()))

    @classmethod
    async def of_base(
        cls, base: BaseImage, types: Sequence[DagType], images: Sequence[BuiltImage] = ()
    ) -> Self:
        """Return the base alone, with the byte code that the images of DAG types have.

        That of taken layers isn't made for it.
        """
        if taken := next((image for image in images if image.taken.layers), None):
            return cls(name=base.reference, container=await resolved(taken.lowest.container()))
        modes: list[Bytecode] = ["none", *(one.settings.bytecode for one in types)]
        mode = max(modes, key=("none", "all", "start").index)
        return cls(name=base.reference, container=await resolved(layers.with_bytecode(base, mode)))

    @property
    def ready(self) -> dagger.Container:
        """The container with the programs of tests."""
        programs = containers.programs("checks/dags/check", "checks/dags/parse", "image/imports")
        return containers.without_certificate_updates(self.container).with_mounted_directory(
            _PROGRAMS, programs
        )


@dataclass(frozen=True, kw_only=True)
class ImageResults:
    """The results of tests in a type's image, without what the scheduler makes of its files."""

    dag_type: DagType
    worker: Parsed
    results: tuple[CheckResult, ...]
    imports: CheckResult | None = None


class Answer(Value):
    """The answer of ``programs/check.py`` on a job."""

    result: CheckResult
    parsed: Mapping[str, object] = Field(default_factory=dict[str, object])
    imported: Imported | None = None
    late: bool = False
    starts: int = 0
    run: str = ""


def complete(image: ImageResults, parsed: Mapping[str, Parsed]) -> Report:
    """Return the report on one type; ``parsed`` has every type's files, as the scheduler sees them."""
    name = image.dag_type.name
    others = {other: files for other, files in parsed.items() if other != name}
    comparison = judge.compare(image.dag_type, image.worker, parsed[name], others)
    if image.imports is None:
        return report.merge(name, [comparison, *image.results])
    return report.merge(name, [*judge.with_imports(comparison, image.imports), *image.results])


async def parse(
    role: str, environment: ImageEnvironment, types: Sequence[TypeFiles], ignore: dagger.File | None = None
) -> dict[str, Parsed]:
    """Return the files of DAG types by name, parsed by one Airflow as a worker or a scheduler does.

    ``ignore`` is the repository's dags/.airflowignore, which is in no image.
    """
    tree = dag.directory()
    for one in types:
        tree = tree.with_directory(one.dag_type.name, one.files)
        if ignore:
            tree = tree.with_file(f"{one.dag_type.name}/{_DAGS}/{_IGNORE}", ignore)
    seconds = {one.dag_type.name: one.dag_type.settings.max_parse_seconds for one in types}
    job = {"parse": {"role": role, "environment": environment.name, "seconds": seconds}}
    # A volume for each environment: a package that runs code as root at Python's start reaches no other's.
    ready = environment.ready.with_mounted_directory(_TYPES, tree, owner=layers.AIRFLOW).with_mounted_cache(
        _ANSWERS, dag.cache_volume(f"airflow-images-answers-{environment.name}")
    )
    title = f"{role} parse of {named(list(seconds))}"
    try:
        answer = await _check(ready, job, title)
    except StepError as fault:
        return dict.fromkeys(seconds, Parsed(problem=str(fault)))
    return {name: _parsed(answer.parsed.get(name)) for name in seconds}


def named(names: Sequence[str]) -> str:
    """Return the name of a DAG type, or the number of several."""
    return names[0] if len(names) == 1 else f"{len(names)} types"


def _parsed(answer: object) -> Parsed:
    try:
        return Parsed.model_validate(answer)
    except ValidationError as error:
        return Parsed(problem=_invalid(error))


async def check_environment(environment: ImageEnvironment, title: str) -> CheckResult:
    """Return the result of the checks that need no DAG, and aren't run again when one changes."""
    job = {"entrypoint": await retrying(environment.container.entrypoint)}
    return (await _check(environment.ready, {"environment": job}, title)).result


async def import_names(environment: ImageEnvironment, dag_type: DagType, names: Sequence[str]) -> Imported:
    """Return what of these modules and names, and of a type's dependencies, can't be imported."""
    job = {"imports": {"requirements": list(dag_type.project.dependencies), "names": list(names)}}
    answer = await _check(environment.ready, job, f"imports of {dag_type.name}")
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


async def _check(container: dagger.Container, job: Mapping[str, object], title: str) -> Answer:
    """Return the answer on a job; one that a limit of time decided isn't kept: the machine may be busy."""
    answer = await answer_on(container, job, title)
    return await answer_on(containers.uncached(container), job, title) if answer.late else answer


async def answer_on(container: dagger.Container, job: Mapping[str, object], title: str) -> Answer:
    """Return the answer of ``programs/check.py`` on a job; the engine has it if nothing has changed."""
    answer = (
        containers.with_out(container)
        .with_mounted_file("/mnt/job.json", dag.file("job.json", json.dumps(job)))
        .with_user("root")
        .with_workdir(_PROGRAMS)
        .with_exec(
            ["python3", "-B", "-m", "programs.check", "/mnt/job.json", containers.ANSWER],
            insecure_root_capabilities=True,  # for an empty network namespace
        )
        .file(containers.ANSWER)
    )
    with failures.as_step_error("could not run the tests"), step(title):
        text = await retrying(answer.contents)
    try:
        return Answer.model_validate_json(text)
    except ValidationError as error:
        raise StepError([_invalid(error)]) from None


def _invalid(error: ValidationError) -> str:
    wrong = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors()[:5])
    advice = "look for a DAG file that changes the program which parses it"
    return f"the tests gave an invalid answer: {wrong}: {advice}"
