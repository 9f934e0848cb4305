"""From Salesforce's description of an object to the columns of a table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from scripts.environment import SetupError
from scripts.warehouse import ColumnType, Table

SCHEMA = "salesforce"

KEY, VERSION, DELETED = "Id", "SystemModstamp", "IsDeleted"
"""Fields that every extraction reads; an object without IsDeleted is read without it."""

COLUMN_TYPES: Mapping[str, ColumnType] = {
    **dict.fromkeys(("id", "reference", "string", "textarea", "encryptedstring"), "text"),
    **dict.fromkeys(("picklist", "multipicklist", "combobox", "anyType"), "text"),
    **dict.fromkeys(("email", "phone", "url"), "text"),
    **dict.fromkeys(("int", "long"), "bigint"),
    **dict.fromkeys(("double", "currency", "percent"), "numeric"),
    **dict.fromkeys(("address", "location"), "jsonb"),
    "boolean": "boolean",
    "date": "date",
    "time": "time without time zone",
    "datetime": "timestamp with time zone",
}


class ObjectConfigurationError(SetupError):
    """A configured object or field is not one that this extraction can read."""


@dataclass(frozen=True)
class Column:
    """A Salesforce field and the column that holds it."""

    field: str
    name: str
    kind: ColumnType


def columns_of(description: Mapping[str, Any], fields: Sequence[str]) -> tuple[Column, ...]:
    """Choose the columns for `fields` from an object's describe answer: key, marks, then the fields."""
    name = description["name"]
    types = {field["name"]: field["type"] for field in description["fields"]}
    standard = [field for field in (KEY, VERSION, DELETED) if field in types or field != DELETED]
    unknown = [field for field in (*standard, *fields) if field not in types]
    if unknown:
        raise ObjectConfigurationError(_unknown(name, unknown, types))
    chosen = dict.fromkeys((*standard, *fields))
    unsupported = [field for field in chosen if types[field] not in COLUMN_TYPES]
    if unsupported:
        listed = ", ".join(f"{field} ({types[field]})" for field in unsupported)
        raise ObjectConfigurationError(
            f"{name}: no column type for {listed}; expected one of {', '.join(sorted(COLUMN_TYPES))}. "
            "Take the field out of the DAG's list."
        )
    columns = tuple(Column(field, column_name(field), COLUMN_TYPES[types[field]]) for field in chosen)
    _refuse_shared_names(name, columns)
    return columns


def table_of(object_name: str, columns: Sequence[Column]) -> Table:
    """Return the table that holds an object's records."""
    return Table(
        schema=SCHEMA,
        name=column_name(object_name),
        columns={column.name: column.kind for column in columns},
        key=column_name(KEY),
        version=column_name(VERSION),
    )


def column_name(field: str) -> str:
    """Spell a Salesforce name as PostgreSQL's users do: AnnualRevenue becomes annual_revenue."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", field).lower()


def _unknown(name: str, unknown: Sequence[str], types: Mapping[str, str]) -> str:
    hints: list[str] = []
    for field in unknown:
        near = get_close_matches(field, types, n=1)
        hints.append(f"{field!r}" + (f" (did you mean {near[0]!r}?)" if near else ""))
    return (
        f"{name} has no field {', '.join(hints)}, or the user may not see it. "
        "Correct the DAG's list, or give the user's profile access to the field."
    )


def _refuse_shared_names(name: str, columns: Sequence[Column]) -> None:
    fields_by_name: dict[str, str] = {}
    for column in columns:
        other = fields_by_name.setdefault(column.name, column.field)
        if other != column.field:
            raise ObjectConfigurationError(
                f"{name}: the fields {other} and {column.field} would both become the column "
                f"{column.name}. Take one of them out of the DAG's list."
            )
