"""All tests of one DAG type, run in its image and in the plain base by a real Airflow without a network."""

import json
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import dagger
from dagger import dag
from pydantic import BaseModel, ConfigDict, ValidationError

from ...config.dag_type import DagType
from ...errors import StepError, gather_all, gather_both
from ...image import base, layers, runtime
from ...image.built import BuiltImage
from ...tools import containers, failures
from ...tools.engine import retrying
from .. import report
from ..report import CheckResult, Report
from . import judge
from .parsed import Parsed

_MOUNTED = "/mnt/testing"
_DAGS = "/opt/airflow/dags"
_IGNORED = ".airflowignore"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A DAG type's image as its tests need it: whole, and without its DAGs."""

    dag_type: DagType
    container: dagger.Container
    without_dags: dagger.Container
    base: str
    """The reference of the base."""
    dags: dagger.Directory
    ignore: dagger.File | None = None
    """dags/.airflowignore of the repository, which is in no image."""

    @classmethod
    def of(cls, built: BuiltImage, ignore: dagger.File | None = None) -> Self:
        """Return a built image as the subject of its tests, with the repository's dags/.airflowignore."""
        return cls(
            dag_type=built.dag_type,
            container=built.container(),
            without_dags=built.without_dags(),
            base=built.base,
            dags=built.dags,
            ignore=ignore,
        )


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    result: CheckResult
    parsed: Parsed


async def run(
    subject: Subject, others: Mapping[str, Parsed], further: Sequence[Awaitable[CheckResult]] = ()
) -> Report:
    """The report on one type.

    Args:
        subject: what to test.
        others: the other types' files as the scheduler sees them, by type.
        further: what else is found of it; it runs at the same time.

    Raises:
        StepError: a test couldn't be run; none ends so by what it finds.
    """
    scheduler, found = await gather_both(
        as_scheduler(subject.dag_type, subject.dags, subject.base, subject.ignore),
        examine(subject, further),
    )
    return judged(found, {**others, subject.dag_type.name: scheduler})


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What was found in a type's image, before its files are compared with what the scheduler sees."""

    dag_type: DagType
    worker: Parsed
    outcomes: tuple[CheckResult, ...]


async def examine(subject: Subject, further: Sequence[Awaitable[CheckResult]] = ()) -> Examined:
    """Run all that is run in the image itself, and what runs beside; arguments and errors as of ``run``."""
    worker, outcomes = await gather_both(_as_worker(subject), gather_all([_environment(subject), *further]))
    return Examined(dag_type=subject.dag_type, worker=worker, outcomes=tuple(outcomes))


def judged(found: Examined, seen: Mapping[str, Parsed]) -> Report:
    """The report on one type.

    Args:
        found: in its image.
        seen: every type's files as the scheduler sees them, its own among them.
    """
    name = found.dag_type.name
    others = {other: parsed for other, parsed in seen.items() if other != name}
    parsed = judge.compare(found.dag_type, found.worker, seen[name], others)
    return report.merge(name, [parsed, *found.outcomes])


async def as_scheduler(
    dag_type: DagType, dags: dagger.Directory, below: str, ignore: dagger.File | None = None
) -> Parsed:
    """A type's files, parsed in the plain base; the engine knows the answer where the files are the same.

    Args:
        dag_type: whose files they are.
        dags: at the paths they have below dags/.
        below: the reference of the base.
        ignore: dags/.airflowignore of the repository, if it has one.

    Raises:
        StepError: they couldn't be parsed at all.
    """
    plain = base.container(below)
    files = dags.with_file(_IGNORED, ignore) if ignore else dags
    placed = runtime.ready(plain, plain).with_mounted_directory(_DAGS, files, owner=layers.AIRFLOW)
    return await _parsed(placed, "scheduler", dag_type)


async def _as_worker(subject: Subject) -> Parsed:
    ready = runtime.ready(subject.container, base.container(subject.base))
    if subject.ignore:
        ready = ready.with_mounted_file(f"{_DAGS}/{_IGNORED}", subject.ignore, owner=layers.AIRFLOW)
    return await _parsed(ready, "worker", subject.dag_type)


async def _environment(subject: Subject) -> CheckResult:
    """What needs no DAG, and isn't run again when one changes."""
    wanted = {
        "requirements": list(subject.dag_type.project.dependencies),
        "entrypoint": await retrying(subject.without_dags.entrypoint),
    }
    ready = runtime.ready(subject.without_dags, base.container(subject.base))
    return (await _ran(ready, {"environment": wanted})).result


async def _parsed(container: dagger.Container, role: str, dag_type: DagType) -> Parsed:
    """A type's files as they are parsed there; for slow ones once more, as the engine keeps an answer."""
    wanted = {"parse": {"role": role, "seconds": dag_type.settings.max_parse_seconds}}
    parsed = (await _ran(container, wanted)).parsed
    if not any(each.slow for each in parsed.files):
        return parsed
    return (await _ran(containers.uncached(container), wanted)).parsed


async def _ran(container: dagger.Container, wanted: Mapping[str, object]) -> _Told:
    written = (
        container.with_mounted_directory(_MOUNTED, containers.programs("checks/dags", "image"))
        .with_mounted_file("/mnt/wanted.json", dag.file("wanted.json", json.dumps(wanted)))
        .with_user("root")
        .with_workdir(_MOUNTED)
        .with_exec(
            ["python3", "-B", "-m", "programs.check", "/mnt/wanted.json", "/report.json"],
            insecure_root_capabilities=True,  # for a network namespace of its own, with nothing in it
        )
        .file("/report.json")
    )
    try:
        return _Told.model_validate_json(await retrying(written.contents))
    except dagger.QueryError as error:
        raise failures.step_error("the tests couldn't be run", error) from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:5])
        told = f"the tests' report can't be read: {wrong}: look for a DAG file that changes what tests it"
        raise StepError([told]) from None
