"""What is installed in the Python of an image, as ``ci/image/programs/environment.py`` tells it."""

from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Distribution(_Told):
    """An installed distribution.

    ``name`` is canonical; ``requires`` are its requirements with markers, as its metadata has them;
    ``modules`` are the outermost modules that it brings, such as "httpx" or "dbt.adapters.postgres";
    ``size`` are the bytes of its files, unpacked.
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    size: int = 0


class Clash(_Told):
    """Files of two or more distributions that can't all be there: written over, or hidden by one another."""

    kind: Literal["overwrites", "shadows"]
    owners: tuple[str, ...]
    files: tuple[str, ...]


class Environment(_Told):
    """An image's Python.

    ``markers`` are what markers of requirements are decided by; ``stdlib`` the outermost modules of the
    standard library; ``loose`` those that no distribution lists; ``namespaces`` the names in each folder of
    modules without an __init__.py, by its dotted name; ``lost`` the files that a distribution lists and that
    aren't there, by its name.
    """

    markers: dict[str, str]
    stdlib: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    distributions: tuple[Distribution, ...] = ()
    namespaces: dict[str, frozenset[str]] = {}
    clashes: tuple[Clash, ...] = ()
    lost: dict[str, tuple[str, ...]] = {}

    @cached_property
    def by_name(self) -> dict[str, Distribution]:
        """The distributions by their canonical name."""
        return {each.name: each for each in self.distributions}

    @property
    def versions(self) -> dict[str, str]:
        """The version of each distribution, by its canonical name."""
        return {each.name: each.version for each in self.distributions}
