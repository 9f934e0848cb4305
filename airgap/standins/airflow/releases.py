"""The releases of Airflow that are stood in for: a folder each below releases/, named by the version.

It holds requirements.in, whose first lines say how the lock is written, and requirements.txt, the lock.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from airgap.errors import AirgapError
from airgap.pins import Image

PYTHON = "3.13"
"""The Python that all releases are locked for and run with."""

_FOLDER = Path(__file__).with_name("releases")
# Airflow itself has no constraint (the user says which), and tools aren't dependencies.
_UNCONSTRAINED = {"apache-airflow", "apache-airflow-core", "apache-airflow-task-sdk", "pip", "uv"}


@dataclass(frozen=True)
class Release:
    """One release of Airflow, as locked; nothing is read before it is asked for."""

    folder: Path

    @property
    def version(self) -> str:
        """Airflow's version, as in 3.1.5."""
        return self.folder.name

    @property
    def tag(self) -> str:
        """The tag of its image, as in 3.1.5-python3.13."""
        return f"{self.version}-python{PYTHON}"

    @property
    def lock(self) -> Path:
        """The file with all packages, their versions and hashes."""
        return self.folder / "requirements.txt"

    def packages(self) -> dict[str, str]:
        """Return name and version of every package in the lock, for all platforms.

        Raises AirgapError where the lock is of another release.
        """
        found = dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^\s;\\]+)", self.lock.read_text(), re.MULTILINE))
        if found.get("apache-airflow") != self.version:
            raise AirgapError(
                f"{self.lock} holds apache-airflow {found.get('apache-airflow', '(none)')}; expected "
                f"{self.version}, as its folder is named: lock anew as the first lines of requirements.in say"
            )
        return found

    def created(self) -> datetime:
        """Return the time of its image and of all files in it: the day up to which the lock takes packages.

        Raises AirgapError where requirements.in names no day.
        """
        source = self.folder / "requirements.in"
        day = re.search(r"--exclude-newer (\d{4}-\d\d-\d\d)\b", source.read_text())
        if day is None:
            raise AirgapError(
                f"{source} says no day: expected `--exclude-newer 2025-12-20` in its first lines, "
                "in the command that writes the lock"
            )
        return datetime.fromisoformat(day[1]).replace(tzinfo=UTC)


def releases(folder: Path = _FOLDER) -> list[Release]:
    """Return all releases, oldest version first."""
    found = [Release(path.parent) for path in folder.glob("*/requirements.in")]
    return sorted(found, key=lambda release: [int(part) for part in re.findall(r"\d+", release.version)])


def images(pinned: Image, known: Collection[Release] | None = None) -> dict[Image, Release]:
    """Return the image of each release: the pinned one as it is pinned, the others beside it.

    `known` are the releases; those below releases/ without it.
    """
    found = releases() if known is None else known
    return {
        pinned
        if release.tag == pinned.tag
        else Image(pinned.registry, pinned.repository, release.tag): release
        for release in found
    }


def check_pin(pinned: Image, served: Collection[Image]) -> None:
    """Refuse an image that isn't among those served: raises AirgapError, which names the tags there are."""
    if pinned not in served:
        tags = ", ".join(image.tag for image in served)
        raise AirgapError(
            f"{pinned} can't be stood in for: {_FOLDER} has {tags}. Name one of these in images/base.toml, "
            "or add a release as docs/airgap.md says"
        )


def constraints(packages: dict[str, str]) -> str:
    """Return the text of ~/constraints.txt: the versions of all third-party packages and providers."""
    lines = [f"{name}=={version}" for name, version in sorted(packages.items()) if name not in _UNCONSTRAINED]
    return "\n".join(
        ["# The versions that this image was made with; apache-airflow itself is not among them.", *lines, ""]
    )
