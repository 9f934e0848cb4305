"""Reads one Salesforce object from where the last run ended and upserts it into PostgreSQL."""

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceResourceNotFound

from scripts.environment import POSTGRES_VARIABLES, PostgresSettings, require
from scripts.salesforce.client import login
from scripts.salesforce.records import batches, query, row_of, timestamp
from scripts.salesforce.schema import VERSION, Column, ObjectConfigurationError, columns_of, table_of
from scripts.salesforce.settings import SALESFORCE_VARIABLES, SalesforceSettings
from scripts.salesforce.state import advance, begin, ensure_state
from scripts.warehouse import Connection, connect, ensure_table, upsert

logger = logging.getLogger(__name__)

BATCH_SIZE = 2000
"""Rows in one transaction; also the most that Salesforce gives in one page."""


def extract(
    object_name: str, fields: Sequence[str], environ: Mapping[str, str] = os.environ
) -> dict[str, str | int | None]:
    """Bring one object's new, changed and deleted records into PostgreSQL; return what was done."""
    require((*SALESFORCE_VARIABLES, *POSTGRES_VARIABLES), environ)
    salesforce = login(SalesforceSettings.from_environment(environ))
    columns = columns_of(describe(salesforce, object_name), fields)
    with connect(PostgresSettings.from_environment(environ), "airflow-salesforce") as connection:
        ensure_state(connection)
        with connection.transaction():  # a new table never meets the watermark of an old one
            new_table = ensure_table(connection, table_of(object_name, columns))
            fields_read = [column.field for column in columns]
            start = begin(connection, object_name, fields_read, new_table=new_table)
        soql = query(object_name, columns, start)
        logger.info("Reading %s: %s", object_name, soql)
        # Deleted records come too, marked by IsDeleted, until Salesforce empties its recycle bin.
        records = salesforce.query_all_iter(soql, include_deleted=True)
        rows, end = load(connection, object_name, columns, records)
    logger.info("%s: %d rows upserted, up to %s", object_name, rows, end or start)
    reached = end or start
    return {"object": object_name, "rows": rows, "watermark": reached.isoformat() if reached else None}


def describe(salesforce: Salesforce, object_name: str) -> Mapping[str, Any]:
    """Return Salesforce's description of an object."""
    try:
        return salesforce.restful(f"sobjects/{object_name}/describe") or {}
    except SalesforceResourceNotFound as error:
        raise ObjectConfigurationError(
            f"Salesforce has no object {object_name!r}, or the user may not see it. Correct the DAG's list "
            "(names such as Account or Invoice__c), or give the user's profile access to it."
        ) from error


def load(
    connection: Connection, object_name: str, columns: Sequence[Column], records: Iterable[Mapping[str, Any]]
) -> tuple[int, datetime | None]:
    """Upsert the records, which come oldest first, batch by batch; return their number and the last time."""
    table = table_of(object_name, columns)
    fields = [column.field for column in columns]
    count, reached = 0, None
    for batch in batches(records, BATCH_SIZE):
        rows = [row_of(record, columns) for record in batch]
        last = timestamp(batch[-1][VERSION])
        # The rows and the watermark that covers them are kept together or not at all.
        with connection.transaction():
            upsert(connection, table, rows)
            advance(connection, object_name, fields, last)
        count, reached = count + len(rows), last
        logger.info("%s: %d rows so far, up to %s", object_name, count, reached)
    return count, reached
