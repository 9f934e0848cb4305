"""Tables that are loaded again and again: created where missing, widened where needed, upserted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from psycopg import sql

from scripts.environment import SetupError
from scripts.warehouse.connection import Connection

ColumnType = Literal[
    "text",
    "boolean",
    "bigint",
    "numeric",
    "date",
    "time without time zone",
    "timestamp with time zone",
    "jsonb",
]
"""PostgreSQL's types that tables here use, as its own `format_type` spells them."""

MAX_IDENTIFIER_BYTES = 63


class TableMismatchError(SetupError):
    """A table that exists differs from the one that is to be loaded."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table to load, and the columns that a load writes."""

    schema: str
    name: str
    columns: Mapping[str, ColumnType]
    key: str
    version: str
    """The column that orders the versions of one row: an older version never replaces a newer one."""

    def __post_init__(self) -> None:
        """Refuse names that PostgreSQL would cut short without a word."""
        for name in (self.schema, self.name, *self.columns):
            if len(name.encode()) > MAX_IDENTIFIER_BYTES:
                raise TableMismatchError(
                    f"the name {name!r} has {len(name.encode())} bytes, expected at most "
                    f"{MAX_IDENTIFIER_BYTES}, which is PostgreSQL's limit: choose a shorter name."
                )

    @property
    def identifier(self) -> sql.Identifier:
        """The table's quoted, qualified name."""
        return sql.Identifier(self.schema, self.name)


def ensure_table(connection: Connection, table: Table) -> bool:
    """Create the schema, table and columns that are missing; return whether the table is new.

    A column that is there with another type is an error.
    """
    with connection.transaction():
        # Two first runs at once would both find nothing, and one would fail to create: they queue here.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{table.schema}.{table.name}"])
        existing = _existing_columns(connection, table)
        if not existing:
            _create(connection, table)
            return True
        differing = {
            name: existing[name]
            for name, kind in table.columns.items()
            if name in existing and existing[name] != kind
        }
        if differing:
            raise TableMismatchError(_mismatch(table, differing))
        for name in [name for name in table.columns if name not in existing]:
            connection.execute(
                sql.SQL("ALTER TABLE {} ADD COLUMN {} {}").format(
                    table.identifier, sql.Identifier(name), sql.SQL(table.columns[name])
                )
            )
    return False


def upsert(connection: Connection, table: Table, rows: Iterable[Sequence[object]]) -> None:
    """Insert the rows (values in the order of the table's columns) or update those that are there."""
    with connection.cursor() as cursor:
        cursor.executemany(upsert_statement(table), rows)


def upsert_statement(table: Table) -> sql.Composed:
    """Compose the statement of `upsert`."""
    return sql.SQL("INSERT INTO {table} AS stored ({columns}) VALUES ({values}) {conflict}").format(
        table=table.identifier,
        columns=column_list(table),
        values=sql.SQL(", ").join([sql.Placeholder()] * len(table.columns)),
        conflict=conflict_clause(table),
    )


def column_list(table: Table) -> sql.Composed:
    """Compose the quoted names of the table's columns."""
    return sql.SQL(", ").join(map(sql.Identifier, table.columns))


def conflict_clause(table: Table) -> sql.Composed:
    """Compose what an INSERT into the table, AS stored, does with a key that is there: the newer row wins."""
    updates = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name))
        for name in table.columns
        if name != table.key
    )
    return sql.SQL(
        "ON CONFLICT ({key}) DO UPDATE SET {updates} WHERE stored.{version} <= excluded.{version}"
    ).format(key=sql.Identifier(table.key), updates=updates, version=sql.Identifier(table.version))


def _create(connection: Connection, table: Table) -> None:
    # "IF NOT EXISTS" asks for the right to create even where nothing is created: look first.
    if connection.execute("SELECT to_regnamespace(quote_ident(%s))", [table.schema]).fetchone() == (None,):
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(table.schema)))
    constraints = {table.key: sql.SQL(" PRIMARY KEY"), table.version: sql.SQL(" NOT NULL")}
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}{}").format(sql.Identifier(name), sql.SQL(kind), constraints.get(name, sql.SQL("")))
        for name, kind in table.columns.items()
    )
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table.identifier, columns))


def _existing_columns(connection: Connection, table: Table) -> dict[str, str]:
    rows = connection.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        [table.identifier.as_string(connection)],
    )
    return {str(name): str(kind) for name, kind in rows}


def _mismatch(table: Table, differing: Mapping[str, str]) -> str:
    listed = "; ".join(
        f"{name} is {kind}, expected {table.columns[name]}" for name, kind in sorted(differing.items())
    )
    return (
        f"table {table.schema}.{table.name} has columns of another type: {listed}. "
        "Change the column with ALTER TABLE, or rename the table and let the next run load it anew."
    )
