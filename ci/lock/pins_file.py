"""The base's pin in ci/pins.toml: read, and replaced without a change to anything beside it."""

import re
import tomllib
from typing import Any

from packaging.version import Version
from pydantic import BaseModel, ValidationError

from ..errors import ConfigurationError
from . import airflow_version

FILE = "ci/pins.toml"
_KEY = "airflow"
_EXPECTED = f'[images] {_KEY} = "<registry>/<repository>:<version>-python<series>", in one line'


class _Images(BaseModel):
    airflow: str


class _Document(BaseModel):
    """The part of the file that is read."""

    images: _Images


def pinned(text: str) -> str:
    """Return the reference of the base in a pins.toml.

    Raises:
        ConfigurationError: the file is no TOML, or names no base.
    """
    try:
        return _Document.model_validate(_parsed(text)).images.airflow
    except ValidationError:
        raise ConfigurationError([f"{FILE}: names no base image; expected {_EXPECTED}"]) from None


def with_base(text: str, reference: str) -> str:
    """Return the text of pins.toml with another base; every other character stays.

    Raises:
        ConfigurationError: the base isn't written as one line of its own, or there is none.
    """
    old = pinned(text)
    line = re.compile(rf"""^([ \t]*{_KEY}[ \t]*=[ \t]*)(["']){re.escape(old)}\2""", re.MULTILINE)
    new = line.sub(lambda match: f"{match[1]}{match[2]}{reference}{match[2]}", text)
    document = _parsed(text)
    document["images"][_KEY] = reference
    if _parsed(new) != document:  # a key of another table, or another way to write it
        raise ConfigurationError([f"{FILE}: could not set {_KEY} to {reference}; expected {_EXPECTED}"])
    return new


def version(reference: str) -> str:
    """Return the version of Airflow that a pinned base has.

    Raises:
        ConfigurationError: its tag doesn't begin with one.
    """
    try:
        return airflow_version.version_of(reference)
    except ConfigurationError:
        problem = f"the tag of the base {reference} doesn't begin with a version of Airflow"
        remedy = "change it by hand, then run: dagger call lock -y"
        raise ConfigurationError([f"{FILE}: {problem}, so newer versions are unknown: {remedy}"]) from None


def requested_series(airflow: str, current: str) -> str | None:
    """Return the series whose newest release is requested; None where one release is.

    Args:
        airflow: a release, a series, or empty for the series of the pinned base.
        current: the pinned version.

    Raises:
        ConfigurationError: the text is neither.
    """
    return airflow_version.series(airflow) if airflow else series_of(current)


def series_of(version: str) -> str:
    """Return the series of a version, such as "3.1" of 3.1.5."""
    return ".".join(version.split(".")[:2])


def target(current: str, newest: str) -> str:
    """Return the version to move to, by the newest of a series: within a series nothing goes back."""
    same = series_of(current) == series_of(newest)
    return current if same and Version(newest) <= Version(current) else newest


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{FILE}: invalid TOML: {error}"]) from None
