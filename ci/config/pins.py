"""The references in ci/pins.toml: images of tools and mirrors, written once, as data."""

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

PINS_FILE = Path(__file__).parents[1] / "pins.toml"

# Set by the SDK of machines where other images stand in under these tags, and by this project's tests.
BY_TAG = "AIRFLOW_IMAGES_TOOLS_BY_TAG"


@cache
def _tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads(PINS_FILE.read_text(encoding="utf-8"))


def image(name: str) -> str:
    """Return the reference pinned under a name, such as "python"; without its digest where BY_TAG is set.

    Raises:
        KeyError: no image of that name is pinned.
    """
    reference: str = _tables()["images"][name]
    return reference.partition("@")[0] if os.environ.get(BY_TAG) else reference


def default_base() -> str:
    """Return the base that is proposed to a repository without an images/base.toml."""
    return _tables()["defaults"]["airflow"]


def mirrors(name: str) -> tuple[str, ...]:
    """Return the references of a database of Trivy, in the order in which they are tried."""
    return tuple(_tables()["mirrors"][name])
