"""The base's pin in ci/pins.toml: read, and moved without a change to anything beside it."""

import re
import tomllib
from typing import Any

from packaging.version import Version
from pydantic import BaseModel, ValidationError

from ..errors import ConfigurationError
from .airflow_version import series, version_of

FILE = "ci/pins.toml"
_KEY = "airflow"
_LIKE = f'[images] {_KEY} = "<registry>/<repository>:<version>-python<series>", in one line'


class _Images(BaseModel):
    airflow: str


class _Document(BaseModel):
    """What is read of the file."""

    images: _Images


def pinned(text: str) -> str:
    """The reference of the base that a pins.toml has.

    Raises:
        ConfigurationError: it is no TOML, or names none.
    """
    try:
        return _Document.model_validate(_parsed(text)).images.airflow
    except ValidationError:
        raise ConfigurationError([f"{FILE}: names no base image: write {_LIKE}"]) from None


def moved(text: str, reference: str) -> str:
    """The text of pins.toml with another base; every other character stays.

    Raises:
        ConfigurationError: the base isn't written as one line of its own, or there is none.
    """
    old = pinned(text)
    line = re.compile(rf"""^([ \t]*{_KEY}[ \t]*=[ \t]*)(["']){re.escape(old)}\2""", re.MULTILINE)
    new = line.sub(lambda found: f"{found[1]}{found[2]}{reference}{found[2]}", text)
    document = _parsed(text)
    document["images"][_KEY] = reference
    if _parsed(new) != document:  # a key of another table, or another way to write it
        raise ConfigurationError([f"{FILE}: {_KEY} can't be moved to {reference}: write {_LIKE}"])
    return new


def version(reference: str) -> str:
    """The version of Airflow that a pinned base has.

    Raises:
        ConfigurationError: its tag doesn't begin with one.
    """
    try:
        return version_of(reference)
    except ConfigurationError:
        told = (
            "its tag doesn't begin with a version of Airflow, so that nothing newer can be told: move it by"
        )
        raise ConfigurationError([f"{FILE}: the base {reference}: {told} hand, then lock"]) from None


def asked_series(airflow: str, had: str) -> str | None:
    """The series whose newest release is wanted; None where one release is.

    Args:
        airflow: a release, a series, or nothing: then that of the pinned one counts.
        had: the pinned version.

    Raises:
        ConfigurationError: it is neither.
    """
    return series(airflow) if airflow else own_series(had)


def own_series(had: str) -> str:
    """The series of a version, such as "3.1" of 3.1.5."""
    return ".".join(had.split(".")[:2])


def wanted(had: str, newest: str) -> str:
    """The version to move to, by the newest of a series: within a series nothing goes back."""
    same = own_series(had) == own_series(newest)
    return had if same and Version(newest) <= Version(had) else newest


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{FILE}: is no TOML: {error}: mend it first"]) from None
