"""Rows on their way into a table: gathered beside it, then merged all at once."""

from collections.abc import Iterable, Sequence

from psycopg import sql

from scripts.warehouse.connection import Connection
from scripts.warehouse.table import Table, column_list, conflict_clause

STAGING = sql.Identifier("pg_temp", "staging")


class Staging:
    """A temporary table for one load; nobody else sees it, and it goes when the connection does."""

    def __init__(self, connection: Connection, table: Table) -> None:
        """Create it with the columns of the table that is to be loaded."""
        self._connection = connection
        self._table = table
        connection.execute(
            sql.SQL("CREATE TEMPORARY TABLE staging AS SELECT {} FROM {} WITH NO DATA").format(
                column_list(table), table.identifier
            )
        )

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        """Gather rows, their values in the order of the table's columns."""
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(STAGING, column_list(self._table))
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def merge(self) -> int:
        """Upsert what was gathered, of each key the newest, in one transaction; return the rows written."""
        statement = sql.SQL(
            "INSERT INTO {table} AS stored ({columns}) "
            "SELECT DISTINCT ON ({key}) {columns} FROM {staging} ORDER BY {key}, {version} DESC {conflict}"
        ).format(
            table=self._table.identifier,
            columns=column_list(self._table),
            key=sql.Identifier(self._table.key),
            version=sql.Identifier(self._table.version),
            staging=STAGING,
            conflict=conflict_clause(self._table),
        )
        with self._connection.transaction():
            written = self._connection.execute(statement).rowcount
            self._connection.execute(sql.SQL("DROP TABLE {}").format(STAGING))
        return written
