"""The settings in images/layers.toml: packages with a layer of their own, and how layers are compressed."""

from typing import Annotated, Literal

from packaging.utils import canonicalize_name
from pydantic import AfterValidator

from ..errors import ConfigurationError
from . import toml
from .fields import Name, distinct
from .toml import Table

FILE = "images/layers.toml"
# An image has at most 20 layers above its base: each is one more request of a pull.
LIMIT = 15
HEAVY = 10_000_000  # bytes, unpacked: a package so large has a layer of its own without being named


def _few(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(value) > LIMIT:
        raise ValueError(f"names {len(value)} packages; the limit is {LIMIT}: keep the largest")
    return distinct(tuple(sorted(map(canonicalize_name, value))))


Compression = Literal["gzip", "zstd"]


class LayerSettings(Table):
    """The table [layers]: ``own`` are names of packages, canonical and sorted."""

    compression: Compression = "gzip"
    own: Annotated[tuple[Name, ...], AfterValidator(_few)] = ()


def parse(text: str | None) -> LayerSettings:
    """Return the settings in the text of images/layers.toml; raise ConfigurationError with every mistake."""
    problems: list[str] = []
    document = toml.document(FILE, text, ("layers",), problems)
    settings = toml.read(FILE, "layers", LayerSettings, document.get("layers", {}), problems)
    if problems or settings is None:
        raise ConfigurationError(problems)
    return settings
