"""Which base image another version of Airflow has, by the name of the pinned one."""

import re

from ..errors import ConfigurationError

_RELEASE = r"[0-9]+(?:(?:a|b|rc)[0-9]+)?"
_ASKED = re.compile(rf"([0-9]+)\.([0-9]+)(?:\.({_RELEASE}|x|\*))?")
# The official image has variants before the version (slim-) and behind it (-python3.13).
_TAG = re.compile(rf"(?P<name>.+:(?:slim-)?)(?P<version>[0-9]+\.[0-9]+\.{_RELEASE})(?P<rest>(?:-[\w.-]*)?)")


def series(asked: str) -> str | None:
    """The series such as "3.2" whose newest release was asked for by 3.2 or 3.2.x; None for one release.

    Raises:
        ConfigurationError: it is no version of Airflow.
    """
    found = _ASKED.fullmatch(asked.strip())
    if found is None:
        raise ConfigurationError(
            [f"--airflow {asked!r}: is no version: write 3.2.1 or 3.3.0rc1, or 3.2.x for its newest"]
        )
    major, minor, patch = found.groups()
    return f"{major}.{minor}" if patch in (None, "x", "*") else None


def upgraded(pinned: str, version: str) -> str:
    """The reference of the base with that version: the pinned one's repository, Python and variant.

    Args:
        pinned: a repository and a tag of the shape <version>-python<series>, with slim- before it or not; a
            digest is dropped.
        version: such as 3.2.1 or 3.3.0rc1.

    Raises:
        ConfigurationError: the pinned tag doesn't begin with a version, as the official image's does.
    """
    found = _parts(pinned)
    return f"{found['name']}{version}{found['rest']}"


def version_of(pinned: str) -> str:
    """The version of Airflow in the reference of a base; raises ConfigurationError as ``upgraded`` does."""
    return _parts(pinned)["version"]


def _parts(pinned: str) -> re.Match[str]:
    found = _TAG.fullmatch(pinned.partition("@")[0])
    if found is None:
        told = "its tag doesn't begin with a version of Airflow: name the base to try with --base"
        raise ConfigurationError([f"the pinned base {pinned} says nothing of other versions: {told}"])
    return found


def python_of(reference: str) -> str:
    """The Python of a base, such as 3.13; empty where the tag says none."""
    found = re.search(r"-python(\d+\.\d+)", reference)
    return found[1] if found else ""


def airflow_of(reference: str) -> str:
    """The Airflow of a base, such as 3.1.5; empty where the tag says none."""
    found = re.search(r":(\d+\.\d+\.\d+[a-z0-9]*)", reference.rpartition("/")[2])
    return found[1] if found else ""


def is_airflow(reference: str) -> bool:
    """Whether it is Airflow's official image, or a mirror of it: such says which Airflow it has."""
    return re.fullmatch(r"(?:[^@]+/)?apache/airflow(?:[:@].*)?", reference) is not None
