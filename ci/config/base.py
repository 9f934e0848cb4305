"""What images/base.toml says: the base image of every DAG type."""

from typing import Annotated

from pydantic import AfterValidator

from ..errors import ConfigurationError
from . import names, pins, toml
from .toml import Table

FILE = "images/base.toml"


def _full(value: str) -> str:
    try:
        reference = names.reference(value, digest=False, given="is")
    except ConfigurationError:
        raise ValueError(f"is no reference of an image; expected one like {pins.default_base()!r}") from None
    if not reference.tag:  # a lock names the base that it was made for by its tag
        raise ValueError(f"has no tag; expected one like {pins.default_base()!r}, with or without @sha256:…")
    return value


class Base(Table):
    """The table [base]: the reference of the base, with a tag, and with a digest where one is to hold."""

    reference: Annotated[str, AfterValidator(_full)]


def parse(text: str | None) -> Base:
    """Return the base from the text of images/base.toml.

    Raises:
        ConfigurationError: there is no such file, or with everything that is wrong in it.
    """
    if text is None:
        problem = f"{FILE}: not found; it names the base image of every DAG type. Write it:"
        raise ConfigurationError([f"{problem}\n{written(pins.default_base())}"])
    problems: list[str] = []
    document = toml.document(FILE, text, ("base",), problems)
    base = toml.read(FILE, "base", Base, document.get("base"), problems)
    if problems or base is None:
        raise ConfigurationError(problems)
    return base


def written(reference: str) -> str:
    """Return the text of an images/base.toml."""
    return f'# The base of every DAG image; `dagger call bump` moves it.\n[base]\nreference = "{reference}"\n'
