"""TOML files as frozen models: every unknown key and invalid value becomes a sentence that names the file."""

import tomllib
from collections.abc import Collection
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from ..errors import ConfigurationError, did_you_mean
from .secrets.urls import redacted

T = TypeVar("T", bound="Table")


def _kebab(name: str) -> str:
    return name.replace("_", "-")


class Table(BaseModel):
    """A table of a configuration file: keys in kebab-case, no other keys.

    Values of fields with ``repr=False`` never get into a message.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_kebab, populate_by_name=False)


def parse(file: str, text: str) -> dict[str, Any]:
    """Return a document, with a byte order mark or without, as Windows' editors write it.

    Raise ConfigurationError for invalid TOML; ``file`` is the path that its message shows.
    """
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{file}: invalid TOML: {error}"]) from None


def document(file: str, text: str | None, tables: Collection[str], problems: list[str]) -> dict[str, Any]:
    """Return the document of a TOML file that has some tables only; an empty one for a file that is missing.

    ``problems`` gets a sentence for invalid TOML and for each other table.
    """
    try:
        content = parse(file, text or "")
    except ConfigurationError as error:
        problems += error.problems
        return {}
    unknown = [table for table in content if table not in tables]
    expected = ", ".join(tables)
    problems += [
        f"{file}: unknown table [{redacted(table)}]{did_you_mean(table, tables) or f': expected {expected}'}"
        for table in unknown
    ]
    return content


def read(file: str, key: str, model: type[T], raw: object, problems: list[str]) -> T | None:
    """Return a table of a file as a model; None if it is invalid.

    ``raw`` is its value, None if the file has no such table; ``problems`` gets a sentence for each mistake.
    """
    if raw is None:
        problems.append(f"{file}: has no table [{key}]")
        return None
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        is_private = {_kebab(name): not field.repr for name, field in model.model_fields.items()}
        problems += [redacted(_sentence(file, key, detail, is_private)) for detail in error.errors()]
        return None


def table(value: object) -> dict[str, Any]:
    """Return a value if it is a table, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def shown(value: object) -> str:
    """Return a value that should be a table, for a message: without credentials and items of lists."""
    return "[…]" if value and type(value) is list else redacted(repr(value))


def _sentence(file: str, table: str, detail: ErrorDetails, is_private: dict[str, bool]) -> str:
    """Return one mistake in words; ``is_private`` has the known keys."""
    location = [str(part) for part in detail["loc"]]
    key = ".".join(location)
    value = "" if location and is_private.get(location[0]) else f" {redacted(repr(detail['input']))}"
    if detail["type"] == "extra_forbidden":
        hint = did_you_mean(location[-1], is_private) or f": expected one of {', '.join(is_private)}"
        return f"{file}: [{table}] has an unknown key {location[-1]!r}{hint}"
    if detail["type"] == "missing":
        return f"{file}: [{table}] lacks {location[-1]!r}"
    if detail["type"] == "value_error":
        return f"{file}: [{table}] {key}:{value} {detail['msg'].removeprefix('Value error, ')}"
    expected = detail["msg"].replace("a valid tuple", "a list")  # TOML's word
    if not key:
        return f"{file}: {table}: {shown(detail['input'])} is wrong: expected the table [{table}]"
    return f"{file}: [{table}] {key}:{value} is wrong: {expected}"
