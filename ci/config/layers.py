"""What images/layers.toml may say: packages that get a layer of their own, which DAG types then share."""

import tomllib
from typing import Annotated

from packaging.utils import canonicalize_name
from pydantic import AfterValidator

from ..errors import ConfigurationError
from . import toml
from .dag_type import Name, distinct
from .toml import Table

FILE = "images/layers.toml"
MOST = 20  # of 127 layers that an image may have; each is one more request for whoever pulls it


def _few(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(value) > MOST:
        raise ValueError(f"names {len(value)} packages: at most {MOST}, the largest")
    return distinct(tuple(sorted(map(canonicalize_name, value))))


class LayerSettings(Table):
    """The table [layers]: ``own`` are names of packages, canonical and sorted."""

    own: Annotated[tuple[Name, ...], AfterValidator(_few)] = ()


def parse(text: str | None) -> LayerSettings:
    """The settings from the text of images/layers.toml; no layer of its own where there is none.

    Raises:
        ConfigurationError: with everything that is wrong in it.
    """
    try:
        document = tomllib.loads(text or "")
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{FILE}: is no TOML: {error}"]) from None
    problems = [
        f"{FILE}: unknown table [{table}]: expected [layers]" for table in document if table != "layers"
    ]
    settings = toml.read(FILE, "layers", LayerSettings, document.get("layers", {}), problems)
    if problems or settings is None:
        raise ConfigurationError(problems)
    return settings
