"""The schema of the orders."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from scripts.api.records import ORDERS, BadRecordError, Order, read_orders, row_of

GOOD: dict[str, object] = {
    "id": 7,
    "customer_email": "a@example.com",
    "status": "paid",
    "amount": Decimal("1234567890123456.25"),
    "currency": "EUR",
    "note": None,
    "updated_at": "2026-03-01T08:00:00Z",
}


def test_a_good_record_becomes_a_row_in_the_order_of_the_table() -> None:
    (order,) = read_orders([GOOD | {"added_later": 1}], 1)
    assert row_of(order) == (
        7,
        "a@example.com",
        "paid",
        Decimal("1234567890123456.25"),
        "EUR",
        None,
        datetime(2026, 3, 1, 8, tzinfo=UTC),
    )


def test_the_table_has_the_fields_of_the_model() -> None:
    assert list(ORDERS.columns) == list(Order.model_fields)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "7"}, "id: Input should be a valid integer (got '7')"),
        ({"id": 0}, "id: "),
        ({"id": 2**63}, "id: "),
        ({"id": True}, "id: "),
        ({"customer_email": "nobody"}, "customer_email: "),
        ({"status": "lost"}, "status: "),
        ({"amount": "a lot"}, "amount: Input should be a valid decimal (got 'a lot')"),
        ({"amount": "NaN"}, "amount: "),
        ({"amount": -1}, "amount: "),
        ({"currency": "euro"}, "currency: "),
        ({"note": "zero \x00"}, "note: "),
        ({"note": 5}, "note: "),
        ({"updated_at": "2026-03-01T08:00:00"}, "updated_at: "),
    ],
)
def test_a_bad_record_is_named_by_page_and_index(change: dict[str, object], message: str) -> None:
    with pytest.raises(BadRecordError) as error:
        read_orders([GOOD, GOOD | change], 3)
    assert "1 of 2 records" in str(error.value)
    assert f"page 3, record 2: {message}" in str(error.value)


def test_a_missing_field_and_no_object_at_all() -> None:
    with pytest.raises(BadRecordError) as error:
        read_orders([{k: v for k, v in GOOD.items() if k != "currency"}, "text"], 1)
    assert "page 1, record 1: currency: missing" in str(error.value)
    assert "page 1, record 2: the record: " in str(error.value)


def test_long_values_and_long_lists_are_cut() -> None:
    with pytest.raises(BadRecordError) as error:
        read_orders([GOOD | {"amount": "x" * 500}] * 25, 1)
    assert "… and 15 more on this page" in str(error.value)
    assert "x" * 100 not in str(error.value)
