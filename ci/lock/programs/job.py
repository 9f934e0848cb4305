"""The job of the programs, as ci/lock/request.py writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Job:
    """The requirements to resolve.

    ``uv`` and ``target`` are the command's beginning and its options for the base's Python; ``root`` the name
    that stands for the type in uv's messages; ``settings`` its [tool.uv]; ``pins`` its requirements;
    ``installed`` and ``constrained`` the versions that the base has and that only its constraints file names;
    ``locked`` those of the present lock; ``project`` and ``groups`` the type's tables [project] and
    [dependency-groups].
    """

    uv: Sequence[str]
    target: Sequence[str]
    root: str
    settings: Mapping[str, Any]
    pins: Sequence[str]
    installed: Mapping[str, str]
    constrained: Mapping[str, str]
    upgrade_packages: Sequence[str] = ()
    locked: Mapping[str, str] | None = None
    project: Mapping[str, Any] = field(default_factory=dict[str, Any])
    groups: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def fixed(self) -> dict[str, str]:
        """All versions that the base holds."""
        return {**self.constrained, **self.installed}
