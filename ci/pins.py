"""The references in pins.toml: every image that is used, written once, as data."""

import tomllib
from functools import cache
from pathlib import Path

PINS_FILE = Path(__file__).with_name("pins.toml")


@cache
def _images() -> dict[str, str]:
    return dict(tomllib.loads(PINS_FILE.read_text(encoding="utf-8"))["images"])


def image(name: str) -> str:
    """The reference pinned under a name, such as "python".

    Raises:
        KeyError: no image of that name is pinned.
    """
    return _images()[name]
