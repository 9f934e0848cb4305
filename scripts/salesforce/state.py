"""How far each object has been read, kept beside the data."""

from collections.abc import Sequence
from datetime import datetime

from scripts.salesforce.schema import SCHEMA
from scripts.warehouse import Connection


class StateChangedError(RuntimeError):
    """Another run has changed what this one relies on."""


def ensure_state(connection: Connection) -> None:
    """Create the state table where it is missing."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('salesforce.extraction_state'))")
        if connection.execute("SELECT to_regclass('salesforce.extraction_state')").fetchone() != (None,):
            return
        if connection.execute("SELECT to_regnamespace(%s)", [SCHEMA]).fetchone() == (None,):
            connection.execute("CREATE SCHEMA salesforce")
        connection.execute(
            "CREATE TABLE salesforce.extraction_state ("
            "object text PRIMARY KEY, fields text[] NOT NULL, watermark timestamp with time zone)"
        )


def begin(
    connection: Connection, object_name: str, fields: Sequence[str], *, new_table: bool
) -> datetime | None:
    """Return the watermark to go on from, or None for the start: a new table, or added fields."""
    wanted = sorted(fields)
    row = connection.execute(
        "INSERT INTO salesforce.extraction_state AS state (object, fields) VALUES (%s, %s) "
        "ON CONFLICT (object) DO UPDATE SET fields = excluded.fields, watermark = "
        # Rows from before a field was added lack its values: they are read again.
        "CASE WHEN excluded.fields <@ state.fields AND NOT %s THEN state.watermark END "
        "RETURNING watermark",
        [object_name, wanted, new_table],
    ).fetchone()
    watermark = row[0] if row else None
    return watermark if isinstance(watermark, datetime) else None


def advance(connection: Connection, object_name: str, fields: Sequence[str], watermark: datetime) -> None:
    """Move the watermark forward, never back; call it in the transaction that holds the rows."""
    changed = connection.execute(
        "UPDATE salesforce.extraction_state SET watermark = greatest(watermark, %s) "
        "WHERE object = %s AND fields = %s",
        [watermark, object_name, sorted(fields)],
    )
    if changed.rowcount != 1:
        raise StateChangedError(
            f"the extraction state of {object_name} changed while it was read: another run with another "
            "list of fields has begun. Let that one finish; this one's last batch was not kept."
        )
