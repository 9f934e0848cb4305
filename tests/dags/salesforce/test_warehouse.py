"""The SQL that loads tables, as text: what PostgreSQL makes of it is shown against a real one elsewhere."""

import pytest
from psycopg import sql

from scripts.warehouse import Table, TableMismatchError
from scripts.warehouse.table import conflict_clause, upsert_statement


def table(name: str = "account", extra: str = "name") -> Table:
    return Table(
        schema="salesforce",
        name=name,
        columns={"id": "text", "changed": "timestamp with time zone", extra: "text"},
        key="id",
        version="changed",
    )


def text(statement: sql.Composed) -> str:
    return statement.as_string(None)


def test_an_upsert_updates_everything_but_the_key_and_never_goes_back() -> None:
    assert text(upsert_statement(table())) == (
        'INSERT INTO "salesforce"."account" AS stored ("id", "changed", "name") VALUES (%s, %s, %s) '
        'ON CONFLICT ("id") DO UPDATE SET "changed" = excluded."changed", "name" = excluded."name" '
        'WHERE stored."changed" <= excluded."changed"'
    )


def test_names_are_quoted() -> None:
    hostile = 'x"; DROP TABLE y; --'
    assert '"x""; DROP TABLE y; --" = excluded."x""; DROP TABLE y; --"' in text(
        conflict_clause(table(extra=hostile))
    )


@pytest.mark.parametrize(("name", "accepted"), [("a" * 63, True), ("a" * 64, False), ("ä" * 32, False)])
def test_names_that_postgresql_would_cut_are_refused(name: str, *, accepted: bool) -> None:
    if accepted:
        assert table(name).name == name
    else:
        with pytest.raises(TableMismatchError, match="64 bytes, expected at most 63"):
            table(name)
