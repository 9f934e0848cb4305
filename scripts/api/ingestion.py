"""Loads all orders of the API into PostgreSQL, all of them or none."""

import logging
import os
from collections.abc import Iterable, Mapping

from scripts.api.client import Client
from scripts.api.pages import pages
from scripts.api.records import ORDERS, Order, read_orders, row_of
from scripts.api.settings import API_VARIABLES, ApiSettings
from scripts.environment import POSTGRES_VARIABLES, PostgresSettings, require
from scripts.warehouse import Connection, Staging, connect, ensure_table

logger = logging.getLogger(__name__)


def ingest(environ: Mapping[str, str] = os.environ) -> dict[str, int]:
    """Read every page, check every record, then upsert them in one statement; return what was done."""
    require((*API_VARIABLES, *POSTGRES_VARIABLES), environ)
    settings = ApiSettings.from_environment(environ)
    with (
        connect(PostgresSettings.from_environment(environ), "airflow-api") as connection,
        Client(settings) as client,
    ):
        checked = (
            (number, read_orders(page.items, number))
            for number, page in pages(lambda parameters: client.get_json("orders", parameters))
        )
        return load(connection, checked)


def load(connection: Connection, checked: Iterable[tuple[int, list[Order]]]) -> dict[str, int]:
    """Stage the pages as they come, out of any transaction, and merge them when the last one is in."""
    ensure_table(connection, ORDERS)
    number, count = 0, 0
    staging = Staging(connection, ORDERS)
    for number, orders in checked:
        staging.add(row_of(order) for order in orders)
        count += len(orders)
        logger.info("Page %d: %d orders, %d so far", number, len(orders), count)
    changed = staging.merge()
    logger.info("%d orders from %d pages; %d rows inserted or updated", count, number, changed)
    return {"pages": number, "records": count, "rows": changed}
