"""What the small orders API holds, and what the table must hold after it was loaded."""

from datetime import UTC, datetime, timedelta

TOKEN = "api-t0ken"  # noqa: S105 - of a test
COUNT = 250
FIRST_DAY = datetime(2026, 3, 1, 8, tzinfo=UTC)
NOTES = ("O'Hara & Söhne", 'a "quoted"\nsecond line\ttab', "株式会社サンプル", None, "back\\slash {0} %s")

Record = dict[str, object]

SELECT_STATEMENT = """
SELECT coalesce(json_agg(rows ORDER BY id), '[]') FROM (
    SELECT id, customer_email, status, amount::text AS amount, currency, note,
           to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at
    FROM api.orders
) AS rows
"""
"""Reads the table as one JSON array, in the form of `expected`."""


def orders(*, revised: bool = False, spoilt: bool = False) -> list[Record]:
    """Return what the API lists, in its order: order 100 comes twice, as when data moves between pages."""
    listed = [_order(number) for number in range(1, COUNT + 1)]
    listed.insert(120, listed[99] | {"status": "cancelled", "updated_at": _stamp(100, days=1)})
    if revised:
        listed[4] |= {"status": "cancelled", "amount": "0.00", "updated_at": _stamp(5, days=2)}
        listed.append(_order(COUNT + 1))
    if spoilt:
        listed[130] |= {"amount": "a lot"}
        del listed[140]["currency"]
    return listed


def expected(*, revised: bool = False) -> list[Record]:
    """Return what `SELECT_STATEMENT` gives after a run, read as JSON: of each order the newest version."""
    newest: dict[int, Record] = {}
    for order in sorted(orders(revised=revised), key=lambda order: str(order["updated_at"])):
        newest[int(str(order["id"]))] = order
    return [newest[number] for number in sorted(newest)]


def _order(number: int) -> Record:
    return {
        "id": number,
        "customer_email": f"person{number % 40}@example.com",
        "status": ("open", "paid", "cancelled")[number % 3],
        # More digits than a float holds.
        "amount": f"1234567890123{number:03d}.25",
        "currency": ("EUR", "CHF")[number % 2],
        "note": NOTES[number % len(NOTES)],
        "updated_at": _stamp(number),
    }


def _stamp(number: int, days: int = 0) -> str:
    return f"{FIRST_DAY + timedelta(days=days, minutes=number):%Y-%m-%dT%H:%M:%SZ}"
