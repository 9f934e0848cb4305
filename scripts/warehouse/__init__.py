"""The PostgreSQL database that DAGs load: connection, tables, upserts."""

from scripts.warehouse.connection import Connection, connect
from scripts.warehouse.staging import Staging
from scripts.warehouse.table import ColumnType, Table, TableMismatchError, ensure_table, upsert

__all__ = [
    "ColumnType",
    "Connection",
    "Staging",
    "Table",
    "TableMismatchError",
    "connect",
    "ensure_table",
    "upsert",
]
