"""Locks, resolved by uv in the base image with the versions of the base held."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass

import dagger
from dagger import dag
from pydantic import BaseModel

from ..config import lockfile
from ..config.dag_type import DagType
from ..config.secrets import urls
from ..errors import (
    ConfigurationError,
    Fault,
    StepError,
    Unreachable,
    gather_all,
    gather_each,
    joined,
    refuse,
)
from ..image import layers
from ..image.base import PYTHON
from ..tools import containers, failures
from ..tools.checkout import Checkout
from ..tools.engine import retrying, step
from . import conflicts, request
from .outdated import OutdatedReport, parse
from .request import BasePackages, Upgrade

CONSTRAINTS = "/home/airflow/constraints.txt"  # those that the official image was made with
_PROGRAMS = "/mnt/programs"
_JOB = "/mnt/job.json"
_FOLDER = "/lock"
_NOT_BUILT = 64  # the exit code of programs/resolve.py where a package can't be built
_KEPT = Upgrade()
_AT_ONCE = 4


class _Resolved(BaseModel):
    """The answer of a lock: its text, and what builds packages without a wheel."""

    lock: str
    build: lockfile.Build | None = None


@dataclass(frozen=True, kw_only=True)
class Resolver:
    """A base with uv in it, the versions that it holds, and uv's options for its Python.

    ``reference`` names the base in locks. ``limit`` lets a few types at once look up why they fail, or what
    is newer: each runs uv many times, on all cores.
    """

    base: dagger.Container
    reference: str
    base_packages: BasePackages
    target: tuple[str, ...]
    limit: asyncio.Semaphore

    def container(self, dag_type: DagType) -> dagger.Container:
        """Return the base with the Debian packages of a DAG type, as its builds have them."""
        packages = (*dag_type.settings.system_packages, *dag_type.settings.build_packages)
        base = layers.with_debian_packages(self.base, packages) if packages else self.base
        return (
            base.with_mounted_directory(_PROGRAMS, containers.programs("lock/resolve"))
            .with_mounted_file(layers.BUILD_HOOK, layers.build_hook())
            .with_env_variable("PYTHONPATH", _PROGRAMS)
        )


async def resolver(base: dagger.Container, reference: str, netrc: dagger.Secret | None = None) -> Resolver:
    """Return a base made ready to resolve locks; ``reference`` is the base as a lock names it."""
    tools = containers.with_netrc(
        containers.with_uv(containers.without_certificate_updates(base.with_user("root"))), netrc
    )
    version = "import platform; print(platform.python_version())"
    command = (
        f"{PYTHON} -c '{version}'; {containers.UV} pip list --format json --python {PYTHON} --no-config; "
        f"cat {CONSTRAINTS} || :"
    )
    # One step for all. A custom base may have no constraints.
    listed = tools.with_exec(["sh", "-ec", command])
    with failures.as_step_error(f"could not list the packages of the base {reference}"):
        python, listing, constraints = (await retrying(listed.stdout)).split("\n", 2)
    base_packages = BasePackages.parse(listing, constraints, python)
    return Resolver(
        base=tools,
        reference=reference,
        base_packages=base_packages,
        # The series alone: with a patch version, a lock would refuse the base rebuilt with another one.
        target=("--python", PYTHON, "--python-version", base_packages.python),
        limit=asyncio.Semaphore(_AT_ONCE),
    )


async def lock(  # noqa: PLR0913 - what a lock depends on
    types: list[DagType],
    sources: Checkout,
    base: dagger.Container,
    reference: str,
    *,
    upgrade: Upgrade = _KEPT,
    netrc: dagger.Secret | None = None,
) -> dict[str, str]:
    """Return the text of each type's pylock.toml, by the type's name; ``reference`` names the base in it."""
    locks = await lock_each(types, sources, base, reference, upgrade=upgrade, netrc=netrc)
    if faults := [lock for lock in locks.values() if isinstance(lock, Fault)]:
        raise joined(faults)
    return {name: lock for name, lock in locks.items() if not isinstance(lock, Fault)}


async def lock_each(  # noqa: PLR0913 - as lock
    types: list[DagType],
    sources: Checkout,
    base: dagger.Container,
    reference: str,
    *,
    upgrade: Upgrade = _KEPT,
    netrc: dagger.Secret | None = None,
) -> dict[str, str | Fault]:
    """Return the text of each type's pylock.toml, or why it has none; otherwise as ``lock``."""
    if not types:
        return {}
    known: set[str] = set()
    for dag_type in types:
        present = await _present(dag_type, sources)
        known |= request.pinned_by(dag_type) | request.packages_of(present)
    validated = request.validated(upgrade, known)
    on = await resolver(base, reference, netrc)
    locks = await gather_each(_resolve(on, dag_type, sources, validated) for dag_type in types)
    return {dag_type.name: lock for dag_type, lock in zip(types, locks, strict=True)}


async def outdated(
    types: list[DagType], sources: Checkout, on: Resolver, exclude_newer: str = ""
) -> list[OutdatedReport]:
    """Return the newer versions of each type's packages, and what holds them back."""
    request.validated(Upgrade(exclude_newer=exclude_newer), ())
    return await gather_all(_outdated(on, dag_type, sources, exclude_newer) for dag_type in types)


async def _resolve(on: Resolver, dag_type: DagType, sources: Checkout, upgrade: Upgrade) -> str:
    refuse(dag_type.python_problems(on.base_packages.full_python))
    if not dag_type.project.dependencies:
        return lockfile.stamp(dag_type, on.reference, _EMPTY)
    job = await _job(on, dag_type, sources, upgrade)
    kept = None if upgrade.everything else lockfile.usable(await _present(dag_type, sources))
    # An upgrade asks the index again; a lock that is kept is remembered by the engine.
    container = on.container(dag_type)
    ready = _ready(containers.uncached(container) if upgrade.is_requested else container, job, kept)
    try:
        with step(f"lock of {dag_type.name}"):
            resolved = _Resolved.model_validate_json(await _answer(ready, "lock"))
    except dagger.ExecError as error:
        if error.exit_code == _NOT_BUILT:
            problem = f"{dag_type.file}: a package has no wheel for the base, and can't be built"
            raise failures.step_error(f"{problem}; name what it needs in build-packages", error) from None
        raise await _explained(on, dag_type, job, error) from None
    except dagger.QueryError as error:
        raise _not_locked(on, dag_type, error) from None
    urls.refuse_in_lock(lockfile.file_of(dag_type), resolved.lock)
    return lockfile.stamp(dag_type, on.reference, resolved.lock, resolved.build)


async def _explained(on: Resolver, dag_type: DagType, job: str, error: dagger.ExecError) -> StepError:
    """Return the failure of uv with every conflict; the engine doesn't remember them."""
    if failures.is_from_outside(error):
        return _not_locked(on, dag_type, error)
    ready = _ready(containers.uncached(on.container(dag_type)), job, None)
    try:
        async with on.limit:
            facts = await _answer(ready, "explain")
    except dagger.QueryError as second:
        return _not_locked(on, dag_type, second)
    failure = conflicts.Failure.model_validate_json(facts)
    message = error.stderr or error.stdout
    problem = conflicts.problem(
        dag_type, on.reference, base_packages=on.base_packages, failure=failure, message=message
    )
    return (Unreachable if failure.asks_for_login(message) else StepError)([problem])


async def _outdated(on: Resolver, dag_type: DagType, sources: Checkout, exclude_newer: str) -> OutdatedReport:
    packages = (await sources.lock(dag_type, on.reference)).packages
    if not dag_type.project.dependencies:
        return OutdatedReport(dag=dag_type.name, packages=())
    job = await _job(on, dag_type, sources, Upgrade(exclude_newer=exclude_newer), packages)
    ready = _ready(containers.uncached(on.container(dag_type)), job, None)
    with failures.as_step_error(f"{dag_type.file}: could not look up newer versions"):
        async with on.limit:
            facts = await _answer(ready, "outdated")
    return parse(dag_type, json.loads(facts))


async def _job(
    on: Resolver,
    dag_type: DagType,
    sources: Checkout,
    upgrade: Upgrade,
    locked: Mapping[str, str] | None = None,
) -> str:
    text = await sources.text(dag_type.file)
    if text is None:
        raise ConfigurationError([f"{dag_type.file}: is missing"])
    base_packages, uv = on.base_packages, containers.UV
    return request.job(
        dag_type, base_packages, text=text, uv=uv, target=on.target, upgrade=upgrade, locked=locked
    )


async def _present(dag_type: DagType, sources: Checkout) -> str | None:
    try:
        return await sources.text(lockfile.file_of(dag_type))
    except ConfigurationError:  # a lock that isn't UTF-8 is replaced, as one that is no TOML
        return None


def _ready(container: dagger.Container, job: str, present: str | None) -> dagger.Container:
    folder = dag.directory()
    if present is not None:
        folder = folder.with_new_file(lockfile.NAME, present)
    return container.with_new_file(_JOB, job).with_directory(_FOLDER, folder).with_workdir(_FOLDER)


async def _answer(ready: dagger.Container, verb: str) -> str:
    done = containers.with_out(ready).with_exec(
        [PYTHON, "-B", "-m", "programs.resolve", verb, _JOB, containers.ANSWER]
    )
    return await retrying(done.file(containers.ANSWER).contents)


def _not_locked(on: Resolver, dag_type: DagType, error: dagger.QueryError) -> StepError:
    return failures.step_error(f"{dag_type.file}: can't be locked against {on.reference}", error)


# What uv writes if there is nothing to resolve.
_EMPTY = 'lock-version = "1.0"\ncreated-by = "uv"\n'
