"""Connections to PostgreSQL."""

import psycopg

from scripts.environment import PostgresSettings

CONNECT_TIMEOUT_SECONDS = 15

Connection = psycopg.Connection[tuple[object, ...]]


def connect(settings: PostgresSettings, application: str) -> Connection:
    """Connect in autocommit mode: each transaction is opened where it is needed, and is short."""
    return psycopg.connect(
        host=settings.host,
        port=settings.port,
        dbname=settings.database,
        user=settings.user,
        password=settings.password,
        application_name=application,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        # Timestamps are stored with their zone; a fixed one makes what is shown independent of the server.
        options="-c timezone=UTC",
        autocommit=True,
    )
