"""The base's reference in images/base.toml, replaced without a change to anything beside it; its version."""

import re
import tomllib

from packaging.version import Version

from ..config import base
from ..config.base import FILE
from ..errors import ConfigurationError
from .airflow_version import TAG

_KEY = "reference"


def with_reference(text: str, reference: str) -> str:
    """Return the text of an images/base.toml with another reference; every other character stays."""
    old = base.parse(text).reference
    line = re.compile(rf"""^([ \t]*{_KEY}[ \t]*=[ \t]*)(["']){re.escape(old)}\2""", re.MULTILINE)
    new = line.sub(lambda match: f"{match[1]}{match[2]}{reference}{match[2]}", text)
    if tomllib.loads(new) != {"base": {_KEY: reference}}:  # another way to write it
        expected = f'{_KEY} = "<registry>/<repository>:<version>-python<series>" in one line below [base]'
        raise ConfigurationError([f"{FILE}: could not set {_KEY} to {reference}; expected {expected}"])
    return new


def version(reference: str) -> str:
    """Return the version of Airflow that a base has."""
    match = TAG.fullmatch(reference.partition("@")[0])
    if match is None:
        problem = f"the tag of the base {reference} doesn't begin with a version of Airflow"
        remedy = "change it by hand, then run: dagger call lock -y"
        raise ConfigurationError([f"{FILE}: {problem}, so newer versions are unknown: {remedy}"])
    return match["version"]


def series_of(version: str) -> str:
    """Return the series of a version, such as "3.1" of 3.1.5."""
    return ".".join(version.split(".")[:2])


def target(current: str, newest: str) -> str:
    """Return the version to move to, by the newest of a series: within a series nothing goes back."""
    same = series_of(current) == series_of(newest)
    return current if same and Version(newest) <= Version(current) else newest
