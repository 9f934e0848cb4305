"""From Salesforce's records to rows, and the queries that read them."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from psycopg.types.json import Jsonb

from scripts.salesforce.records import RecordError, batches, query, row_of, timestamp
from scripts.salesforce.schema import Column
from scripts.warehouse import ColumnType

COLUMNS = (
    Column("Id", "id", "text"),
    Column("SystemModstamp", "system_modstamp", "timestamp with time zone"),
    Column("Name", "name", "text"),
)


def test_the_first_query_reads_everything_in_order() -> None:
    assert query("Account", COLUMNS, None) == (
        "SELECT Id, SystemModstamp, Name FROM Account ORDER BY SystemModstamp, Id"
    )


@pytest.mark.parametrize(
    ("watermark", "start"),
    [
        (datetime(2026, 3, 1, 8, 0, 0, tzinfo=UTC), "2026-03-01T07:50:00.000Z"),
        (datetime(2026, 3, 1, 8, 0, 1, 999_999, tzinfo=UTC), "2026-03-01T07:50:01.999Z"),
        (datetime(2026, 3, 1, 8, 0, tzinfo=timezone(timedelta(hours=2))), "2026-03-01T05:50:00.000Z"),
    ],
)
def test_later_queries_begin_before_the_watermark_and_include_its_equals(
    watermark: datetime, start: str
) -> None:
    assert f" WHERE SystemModstamp >= {start} ORDER BY SystemModstamp, Id" in query(
        "Account", COLUMNS, watermark
    )


@pytest.mark.parametrize(
    ("kind", "value", "converted"),
    [
        ("text", "O'Hara\n株式会社", "O'Hara\n株式会社"),
        ("text", 5, "5"),
        ("boolean", False, False),
        ("bigint", 2**40, 2**40),
        ("bigint", Decimal("12.0"), 12),
        ("numeric", Decimal("1234567890123456.25"), Decimal("1234567890123456.25")),
        ("numeric", 3, Decimal(3)),
        ("date", "2026-02-28", date(2026, 2, 28)),
        ("time without time zone", "08:30:00.000Z", time(8, 30)),
        (
            "timestamp with time zone",
            "2026-01-31T08:30:00.000+0000",
            datetime(2026, 1, 31, 8, 30, tzinfo=UTC),
        ),
        ("text", None, None),
        ("numeric", None, None),
    ],
)
def test_values(kind: ColumnType, value: object, converted: object) -> None:
    assert row_of({"F": value}, [Column("F", "f", kind)]) == (converted,)


def test_compound_values_become_json_with_numbers() -> None:
    (value,) = row_of({"F": {"latitude": Decimal("47.25")}}, [Column("F", "f", "jsonb")])
    assert isinstance(value, Jsonb)
    assert value.dumps is not None
    assert value.dumps(value.obj) == '{"latitude": 47.25}'


def test_an_absent_field_is_null() -> None:
    assert row_of({}, COLUMNS) == (None, None, None)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("boolean", "true"),
        ("bigint", Decimal("1.5")),
        ("bigint", True),
        ("bigint", "x"),
        ("numeric", "a lot"),
        ("numeric", {}),
        ("date", "2026-02-30"),
        ("timestamp with time zone", "2026-01-31T08:30:00"),
        ("time without time zone", "noon"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_record(kind: ColumnType, value: object) -> None:
    with pytest.raises(RecordError) as error:
        row_of({"Id": "001x", "F": value}, [Column("F", "f", kind)])
    assert f"record '001x': F is {value!r}" in str(error.value)
    assert kind in str(error.value)


def test_timestamps_need_a_zone() -> None:
    with pytest.raises(ValueError, match="with its zone"):
        timestamp("2026-01-31T08:30:00")


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
def test_batches(count: int, sizes: list[int]) -> None:
    cut = list(batches(iter(range(count)), 3))
    assert [len(batch) for batch in cut] == sizes
    assert [item for batch in cut for item in batch] == list(range(count))
