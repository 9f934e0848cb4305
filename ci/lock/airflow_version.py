"""The version of Airflow in the reference of a base image, and the reference of another version."""

import re

from packaging.version import Version

from ..config.base import FILE
from ..errors import ConfigurationError

_RELEASE = r"[0-9]+(?:(?:a|b|rc)[0-9]+)?"
_REQUESTED = re.compile(rf"([0-9]+)\.([0-9]+)(?:\.({_RELEASE}|x|\*))?")
# The official image has variants before the version (slim-) and behind it (-python3.13).
_TAG = re.compile(rf"(?P<name>.+:(?:slim-)?)(?P<version>[0-9]+\.[0-9]+\.{_RELEASE})(?P<rest>(?:-[\w.-]*)?)")


def series(requested: str) -> str | None:
    """Return the series, such as "3.2", whose newest release 3.2 or 3.2.x means; None for one release."""
    match = _REQUESTED.fullmatch(requested.strip())
    if match is None:
        raise ConfigurationError(
            [f"--airflow {requested!r}: invalid version; expected 3.2.1, 3.3.0rc1, or 3.2.x for its newest"]
        )
    major, minor, patch = match.groups()
    return f"{major}.{minor}" if patch in (None, "x", "*") else None


def upgraded(pinned: str, version: str) -> str:
    """Return the reference of the base with another version: same repository, Python and variant.

    A digest is dropped.
    """
    match = _TAG.fullmatch(pinned.partition("@")[0])
    if match is None:
        problem = f"the tag of the pinned base {pinned} doesn't begin with a version of Airflow"
        raise ConfigurationError([f"{problem}: name the base to try with --base"])
    return f"{match['name']}{version}{match['rest']}"


def python_of(reference: str) -> str:
    """Return the Python in the tag of a base, such as 3.13; empty where the tag has none."""
    match = re.search(r"-python(\d+\.\d+)", reference)
    return match[1] if match else ""


def airflow_of(reference: str) -> str:
    """Return the version of Airflow in the tag of a base, such as 3.1.5; empty where the tag has none."""
    match = re.search(r":(\d+\.\d+\.\d+[a-z0-9]*)", reference.rpartition("/")[2])
    return match[1] if match else ""


def is_airflow(reference: str) -> bool:
    """Return whether an image is Airflow's official one or a mirror of it, whose tag has the version."""
    return re.fullmatch(r"(?:[^@]+/)?apache/airflow(?:[:@].*)?", reference) is not None


def version(reference: str) -> str:
    """Return the version of Airflow that a base has."""
    match = _TAG.fullmatch(reference.partition("@")[0])
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
