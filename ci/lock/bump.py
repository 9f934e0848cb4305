"""Moving the base: the newest release of its series, and every lock made for it; all of it or nothing."""

from dataclasses import dataclass

import dagger
from dagger import dag

from ..config import lockfile
from ..config.dag_type import DagType
from ..errors import ConfigurationError, Fault, StepError
from ..image import base
from ..tools import failures
from ..tools.checkout import Checkout
from ..tools.engine import retrying
from . import bump_text, newest, pins_file, request, resolve
from .airflow_version import upgraded
from .request import Upgrade


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Where to move to: a release such as 3.2.1 or a series such as 3.2.x; empty: the pinned one's series."""

    airflow: str = ""
    exclude_newer: str = ""
    netrc: dagger.Secret | None = None


@dataclass(frozen=True, kw_only=True)
class Bumped:
    """The files that change, by their path, with their new texts; and what moves, in words."""

    files: dict[str, str]
    text: str


async def bump(sources: Checkout, pins: str, asked: Asked) -> Bumped:
    """What changes where the base moves to the newest release.

    Args:
        sources: the DAG types with their locks.
        pins: the text of ci/pins.toml.
        asked: where to move to.

    Raises:
        ConfigurationError: the version, the day, the pin or a DAG type is wrong, or there is no such release.
        StepError: the base can't be had, or a type can't be locked for it; with all of them.
    """
    request.checked(Upgrade(exclude_newer=asked.exclude_newer), ())
    before = pins_file.pinned(pins)
    had = pins_file.version(before)
    of = pins_file.asked_series(asked.airflow, had)
    types = (await sources.catalog()).all()
    version = await _wanted(of, had, asked)
    now = await _resolved(upgraded(before, version), with_digest="@" in before)
    if now == before:
        return Bumped(files={}, text=bump_text.unmoved(before, of))
    text = pins_file.moved(pins, now)
    days = {each.file: day for each in types if (day := await _day(each, sources))}
    upgrade = Upgrade(exclude_newer=asked.exclude_newer)
    try:
        made = await resolve.lock(
            types, sources, base.container(now), lockfile.base_name(now), upgrade=upgrade, netrc=asked.netrc
        )
    except StepError as fault:
        held = {} if asked.exclude_newer else days
        raise StepError([*fault.problems, *bump_text.held_back(held)]) from None
    paths = {each.name: f"images/{each.name}/{lockfile.NAME}" for each in types}
    locks = {name: (await _present(path, sources), made[name]) for name, path in paths.items()}
    other = {file: day for file, day in days.items() if asked.exclude_newer not in ("", day)}
    return Bumped(
        files={pins_file.FILE: text, **{paths[name]: text for name, text in made.items()}},
        text=bump_text.moved(before, now, locks, other),
    )


async def pins_of(repository: dagger.Directory, source: dagger.Directory) -> str:
    """The text of a repository's ci/pins.toml.

    Args:
        repository: with images/ and ci/pins.toml; where none was named it is the one that the module is of.
        source: the repository whose DAG types are meant.

    Raises:
        ConfigurationError: it has no such file, or isn't the repository of these DAG types.
    """
    if pins_file.FILE in await repository.glob(pins_file.FILE) and (
        await repository.directory("images").digest() == await source.directory("images").digest()
    ):
        return await retrying(repository.file(pins_file.FILE).contents)
    told = f"this repository has no {pins_file.FILE}, so the base image comes with the module's version"
    advice = "take a newer version of the module, then run: dagger call lock -y"
    raise ConfigurationError([f"there is no pin to move: {told}: {advice}"])


def changeset(done: Bumped, repository: dagger.Directory, source: dagger.Directory) -> dagger.Changeset:
    """What changes, as the CLI applies it; the arguments are those of ``pins_of``."""
    before = (
        dag.directory()
        .with_directory("images", source.directory("images"))
        .with_file(pins_file.FILE, repository.file(pins_file.FILE))
    )
    after = before
    for path, text in done.files.items():
        after = after.with_new_file(path, text)
    return after.changes(before)


async def _wanted(of: str | None, had: str, asked: Asked) -> str:
    if of is None:
        return asked.airflow.strip()
    return pins_file.wanted(had, await newest.release(of, asked.exclude_newer, asked.netrc))


async def _resolved(reference: str, *, with_digest: bool) -> str:
    """The base as it is to be pinned, by digest where that is the custom; it is there, whichever.

    Raises:
        StepError: it can't be had.
    """
    try:
        exact = await retrying(base.container(reference).image_ref)
    except dagger.QueryError as error:
        raise missing(reference, error) from None
    return f"{reference}@{exact.rpartition('@')[2]}" if with_digest else reference


def missing(reference: str, error: dagger.QueryError) -> StepError:
    """Return why a base can't be had; one that isn't there may come with its release's image."""
    what = f"the base image {reference} can't be had"
    if ": not found" not in str(error):
        return failures.step_error(what, error)
    told = "its registry doesn't have it (yet): an image follows its release in the package index"
    return StepError([f"{what}: {told} within a day: try again then, or name another with --airflow"])


async def _day(dag_type: DagType, sources: Checkout) -> str:
    return bump_text.exclude_newer(await sources.text(dag_type.file))


async def _present(path: str, sources: Checkout) -> str | None:
    try:
        return await sources.text(path)
    except Fault:  # it isn't UTF-8, and is written anew
        return None
