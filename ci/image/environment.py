"""The Python environment of an image, as ``ci/image/programs/environment.py`` describes it."""

from functools import cached_property
from typing import Literal

from pydantic import Field

from ..config.values import Value


class Distribution(Value):
    """An installed distribution.

    ``name`` is canonical; ``requires`` has the requirements with markers from its metadata; ``modules`` its
    outermost modules, such as "httpx" or "dbt.adapters.postgres"; ``size`` is that of its files, in bytes.
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    size: int = 0


class Clash(Value):
    """Files of two or more distributions that overwrite or hide one another."""

    kind: Literal["overwrites", "shadows"]
    owners: tuple[str, ...]
    files: tuple[str, ...]


class Environment(Value):
    """The Python environment of an image.

    ``markers`` has the values for markers of requirements; ``stdlib`` the outermost modules of the standard
    library; ``loose`` those that no distribution lists; ``namespaces`` the names in each folder of modules
    without an __init__.py, by its dotted name; ``owners`` the distributions of each outermost module that is
    no such folder; ``lost`` the files that a distribution lists and that don't exist, by its name.
    """

    markers: dict[str, str]
    stdlib: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    distributions: tuple[Distribution, ...] = ()
    namespaces: dict[str, frozenset[str]] = Field(default_factory=dict[str, frozenset[str]])
    owners: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    clashes: tuple[Clash, ...] = ()
    lost: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])

    @cached_property
    def by_name(self) -> dict[str, Distribution]:
        """The distributions by their canonical name."""
        return {distribution.name: distribution for distribution in self.distributions}

    @property
    def versions(self) -> dict[str, str]:
        """The version of each distribution, by its canonical name."""
        return {distribution.name: distribution.version for distribution in self.distributions}
