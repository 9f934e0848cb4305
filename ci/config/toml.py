"""TOML tables as frozen models: every unknown key and wrong value becomes a sentence that names the file."""

import tomllib
from collections.abc import Collection
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from ..errors import ConfigurationError, did_you_mean
from .secrets.urls import redacted


def _kebab(name: str) -> str:
    return name.replace("_", "-")


class Table(BaseModel):
    """A table of a configuration file: keys in kebab-case, nothing unknown.

    What a field with ``repr=False`` holds is never shown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_kebab, populate_by_name=False)


T = TypeVar("T", bound=Table)


def document(file: str, text: str, tables: Collection[str], problems: list[str]) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Args:
        file: the file's path, as messages show it.
        text: its text.
        tables: the tables it may have.
        problems: a sentence for each other table is added to these.

    Raises:
        ConfigurationError: it is no TOML.
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{file}: invalid TOML: {error}"]) from None
    expected = ", ".join(f"[{table}]" for table in tables)
    problems += [
        f"{file}: unknown table [{table}]{did_you_mean(table, tables) or f': expected {expected}'}"
        for table in found
        if table not in tables
    ]
    return found


def read(file: str, key: str, model: type[T], raw: object, problems: list[str]) -> T | None:
    """The table ``key`` of a file as a model.

    Args:
        file: the file's path, as messages show it.
        key: the table's name; empty for the top of the file.
        model: what it becomes.
        raw: what the file says; None where it has no such table.
        problems: a sentence for each thing that is wrong is added here, and None returned.
    """
    if raw is None:
        problems.append(f"{file}: has no table [{key}]")
        return None
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        private = {_kebab(name): not field.repr for name, field in model.model_fields.items()}
        problems += [redacted(_sentence(file, key, detail, private)) for detail in error.errors()]
        return None


def shown(value: object) -> str:
    """What stands in place of a table, as messages show it: no credentials, and nothing that is in a list."""
    return "[…]" if value and type(value) is list else redacted(repr(value))


def _sentence(file: str, table: str, detail: ErrorDetails, private: dict[str, bool]) -> str:
    """One mistake in words; ``private`` are the known keys, with whether their values may not be shown."""
    location = [str(part) for part in detail["loc"]]
    key = ".".join(location)
    value = "" if location and private.get(location[0]) else f" {redacted(repr(detail['input']))}"
    if detail["type"] == "extra_forbidden":
        hint = did_you_mean(location[-1], private) or f": expected one of {', '.join(private)}"
        return f"{file}: [{table}] has an unknown key {location[-1]!r}{hint}"
    if detail["type"] == "missing":
        return f"{file}: [{table}] lacks {location[-1]!r}"
    if detail["type"] == "value_error":
        return f"{file}: [{table}] {key}:{value} {detail['msg'].removeprefix('Value error, ')}"
    expected = detail["msg"].replace("a valid tuple", "a list")  # as TOML has it
    if not key:
        return f"{file}: {table}: {shown(detail['input'])} is wrong: expected the table [{table}]"
    return f"{file}: [{table}] {key}:{value} is wrong: {expected}"
