"""The references in ci/pins.toml: images of tools and mirrors, written once, as data."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

PINS_FILE = Path(__file__).parents[1] / "pins.toml"


@cache
def _tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads(PINS_FILE.read_text(encoding="utf-8"))


def image(name: str) -> str:
    """Return the reference pinned under a name, such as "python".

    Raises:
        KeyError: no image of that name is pinned.
    """
    return _tables()["images"][name]


def default_base() -> str:
    """Return the base that is proposed to a repository without an images/base.toml."""
    return _tables()["defaults"]["base"]


def mirrors(name: str) -> tuple[str, ...]:
    """Return the references of a database of Trivy, in the order in which they are tried."""
    return tuple(_tables()["mirrors"][name])
