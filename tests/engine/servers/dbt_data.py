"""What the mart of the dbt project must hold after seed and run."""

Record = dict[str, object]

SELECT_STATEMENT = """
SELECT coalesce(json_agg(rows ORDER BY customer_id), '[]') FROM (
    SELECT customer_id, customer_name, country, settled_payments, revenue::text AS revenue, last_paid_on
    FROM dbt_marts.customer_revenue
) AS rows
"""
"""Reads the table as one JSON array, in the form of `expected`."""


def expected() -> list[Record]:
    """Return what `SELECT_STATEMENT` gives after a run, read as JSON."""
    names = ("customer_id", "customer_name", "country", "settled_payments", "revenue", "last_paid_on")
    rows = [
        (1, "O'Hara & Söhne", "AT", 2, "2000.50", "2026-03-04"),
        (2, 'Quote "Q" Ltd', "GB", 1, "0.01", "2026-03-05"),
        (3, "株式会社サンプル", "JP", 1, "12345678.90", "2026-03-06"),
        (4, "No Orders Inc", "US", 0, "0.00", None),
    ]
    return [dict(zip(names, row, strict=True)) for row in rows]
