"""From Salesforce's JSON records to rows, and from a starting point to the query that reads them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

from psycopg.types.json import Jsonb

from scripts.salesforce.schema import KEY, VERSION, Column
from scripts.warehouse import ColumnType

T = TypeVar("T")

OVERLAP = timedelta(minutes=10)
"""How far before the watermark a run begins: a record saved in a long transaction appears only when that
ends, with the time of its save."""


class RecordError(ValueError):
    """A record holds a value that its column cannot."""


def query(object_name: str, columns: Sequence[Column], watermark: datetime | None) -> str:
    """Compose the SOQL that reads every record from just before the watermark on, oldest first."""
    fields = ", ".join(column.field for column in columns)
    where = ""
    if watermark is not None:
        start = (watermark - OVERLAP).astimezone(UTC)
        where = f" WHERE {VERSION} >= {start:%Y-%m-%dT%H:%M:%S}.{start.microsecond // 1000:03d}Z"
    # The names come from Salesforce's own description of the object, so nothing foreign enters here.
    return f"SELECT {fields} FROM {object_name}{where} ORDER BY {VERSION}, {KEY}"  # noqa: S608


def row_of(record: Mapping[str, Any], columns: Sequence[Column]) -> tuple[object, ...]:
    """Convert one record to a row in the order of the columns."""
    return tuple(_value(record, column) for column in columns)


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut into lists of at most `size` items."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def timestamp(text: str) -> datetime:
    """Read a time as Salesforce writes it: 2026-01-31T08:30:00.000+0000."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError("expected a time with its zone")
    return parsed


def _value(record: Mapping[str, Any], column: Column) -> object:
    value = record.get(column.field)
    if value is None:
        return None
    try:
        return _CONVERSIONS[column.kind](value)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise RecordError(
            f"record {record.get(KEY)!r}: {column.field} is {value!r}, expected a value for a column "
            f"of type {column.kind}. Correct the record in Salesforce, or take the field out of the list."
        ) from error


def _text(value: object) -> str:
    # A formula of type anyType can hold a number or a boolean.
    return value if isinstance(value, str) else str(value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("expected true or false")
    return value


def _whole(value: Any) -> int:  # noqa: ANN401 - whatever the JSON holds
    if isinstance(value, bool) or value != int(value):
        raise ValueError("expected a whole number")
    return int(value)


def _json(value: object) -> Jsonb:
    return Jsonb(value, dumps=lambda held: json.dumps(held, default=float))


_CONVERSIONS: Mapping[ColumnType, Callable[[Any], object]] = {
    "text": _text,
    "boolean": _boolean,
    "bigint": _whole,
    "numeric": Decimal,
    "date": date.fromisoformat,
    "time without time zone": lambda value: time.fromisoformat(value.removesuffix("Z")),
    "timestamp with time zone": timestamp,
    "jsonb": _json,
}
