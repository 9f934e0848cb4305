"""The settings in images/base.toml: the base image of every DAG type."""

import re
import tomllib
from typing import Annotated

from pydantic import AfterValidator

from ..errors import ConfigurationError
from . import names, pins, toml
from .toml import Table

FILE = "images/base.toml"


def _full(value: str) -> str:
    try:
        reference = names.reference(value, digest=False)
    except ConfigurationError:
        raise ValueError(f"is not an image reference; expected one like {pins.default_base()!r}") from None
    if not reference.tag:  # a lock names the base that it was made for by its tag
        raise ValueError(f"has no tag; expected one like {pins.default_base()!r}, with or without @sha256:…")
    return value


class Base(Table):
    """The table [base]: the base's reference, with a tag, and with a digest to pin one very image."""

    reference: Annotated[str, AfterValidator(_full)]


def parse(text: str | None) -> Base:
    """Return the base from the text of images/base.toml; raise ConfigurationError with every mistake."""
    if text is None:
        problem = f"{FILE}: not found; it names the base image of every DAG type. Write it:"
        raise ConfigurationError([f"{problem}\n{written(pins.default_base())}"])
    problems: list[str] = []
    document = toml.document(FILE, text, ("base",), problems)
    base = None if problems else toml.read(FILE, "base", Base, document.get("base"), problems)
    if base is None:
        raise ConfigurationError(problems)
    return base


def written(reference: str) -> str:
    """Return the text of an images/base.toml."""
    comment = "# The base of every DAG image; `dagger call dependencies bump` moves it."
    return f'{comment}\n[base]\nreference = "{reference}"\n'


def with_reference(text: str, reference: str) -> str:
    """Return the text of an images/base.toml with another reference; every other character stays."""
    old = parse(text).reference
    line = re.compile(rf"""^([ \t]*reference[ \t]*=[ \t]*)(["']){re.escape(old)}\2""", re.MULTILINE)
    new = line.sub(lambda match: f"{match[1]}{match[2]}{reference}{match[2]}", text)
    if tomllib.loads(new) != {"base": {"reference": reference}}:  # another way to write it
        expected = 'reference = "<registry>/<repository>:<version>-python<series>" in one line below [base]'
        raise ConfigurationError([f"{FILE}: could not set reference to {reference}; expected {expected}"])
    return new
