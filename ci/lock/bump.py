"""A bump: the base moves to a newer release, and every lock is made for it; or nothing changes."""

from dataclasses import dataclass

import dagger

from ..config import base as config_base
from ..config import lockfile
from ..config.dag_type import DagType
from ..errors import Fault, StepError
from ..image import base
from ..tools import failures
from ..tools.checkout import Checkout
from ..tools.engine import retrying
from . import airflow_version, bump_text, newest, request, resolve
from .request import Upgrade


@dataclass(frozen=True, kw_only=True)
class BumpRequest:
    """The release or series to move to, such as 3.2.1 or 3.2.x; empty: the present one's series."""

    airflow: str = ""
    exclude_newer: str = ""
    netrc: dagger.Secret | None = None


@dataclass(frozen=True, kw_only=True)
class Bump:
    """The new texts of the files that change, by path; and the changes in words."""

    files: dict[str, str]
    text: str


async def bump(sources: Checkout, requested: BumpRequest) -> Bump:
    """Return the changes that move the base to a release."""
    request.validated(Upgrade(exclude_newer=requested.exclude_newer), ())
    requested_series = airflow_version.series(requested.airflow) if requested.airflow else None
    old = await sources.base_reference()
    current = airflow_version.version(old)
    series = requested_series if requested.airflow else airflow_version.series_of(current)
    types = (await sources.catalog()).all()
    version = await _target(series, current, requested)
    new = await _resolved(airflow_version.upgraded(old, version), with_digest="@" in old)
    if new == old:
        return Bump(files={}, text=bump_text.unchanged(old, series))
    text = config_base.with_reference(await sources.text(config_base.FILE) or "", new)
    all_dates = {one.file: bump_text.exclude_newer(await sources.text(one.file)) for one in types}
    dates = {file: date for file, date in all_dates.items() if date}
    locks = await _locks(types, sources, new, requested, dates)
    paths = {dag_type.name: f"images/{dag_type.name}/{lockfile.NAME}" for dag_type in types}
    pairs = {name: (await _present(path, sources), locks[name]) for name, path in paths.items()}
    others = {file: date for file, date in dates.items() if requested.exclude_newer not in ("", date)}
    return Bump(
        files={config_base.FILE: text, **{paths[name]: lock for name, lock in locks.items()}},
        text=bump_text.changes(old, new, pairs, others),
    )


async def _target(series: str | None, current: str, requested: BumpRequest) -> str:
    if series is None:
        return requested.airflow.strip()
    newest_release = await newest.release(series, requested.exclude_newer, requested.netrc)
    return airflow_version.target(current, newest_release)


async def _resolved(reference: str, *, with_digest: bool) -> str:
    """Return the base as it is to be written, with its digest if requested, after pulling it."""
    try:
        exact = await retrying(base.container(reference).image_ref)
    except dagger.QueryError as error:
        raise unavailable(reference, error) from None
    return f"{reference}@{exact.rpartition('@')[2]}" if with_digest else reference


async def _locks(
    types: list[DagType], sources: Checkout, reference: str, requested: BumpRequest, dates: dict[str, str]
) -> dict[str, str]:
    upgrade = Upgrade(exclude_newer=requested.exclude_newer)
    container, name = base.container(reference), lockfile.base_name(reference)
    try:
        return await resolve.lock(types, sources, container, name, upgrade=upgrade, netrc=requested.netrc)
    except StepError as fault:
        suspects = {} if requested.exclude_newer else dates
        raise StepError([*fault.problems, *bump_text.date_problems(suspects)]) from None


def unavailable(reference: str, error: dagger.QueryError) -> StepError:
    """Return why a base can't be pulled; that of a new release may be published later."""
    what = f"could not pull the base image {reference}"
    if ": not found" not in str(error):
        return failures.step_error(what, error)
    problem = "not in its registry (yet): an image follows its release in the package index within a day"
    return StepError([f"{what}: {problem}: try again later, or choose another version with --airflow"])


async def _present(path: str, sources: Checkout) -> str | None:
    try:
        return await sources.text(path)
    except Fault:  # a lock that isn't UTF-8 is replaced
        return None
