"""The order of a load: rows and the watermark that covers them share a transaction, batch by batch."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

import pytest

from scripts.salesforce import extraction
from scripts.salesforce.schema import Column
from scripts.warehouse import Connection, Table

COLUMNS = (
    Column("Id", "id", "text"),
    Column("SystemModstamp", "system_modstamp", "timestamp with time zone"),
)


class Journal:
    """Stands for a connection and writes down what is done."""

    def __init__(self) -> None:
        """Begin empty."""
        self.lines: list[str] = []

    @contextmanager
    def transaction(self) -> Generator[None, None, None]:
        """Note begin and end."""
        self.lines.append("begin")
        yield
        self.lines.append("commit")


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> Journal:
    journal = Journal()

    def upsert(_: object, table: Table, rows: Iterable[Sequence[object]]) -> None:
        journal.lines.append(f"{table.name} {' '.join(str(row[0]) for row in rows)}")

    def advance(_: object, name: str, fields: Sequence[str], watermark: datetime) -> None:
        journal.lines.append(f"{name} {','.join(fields)} {watermark:%H:%M}")

    monkeypatch.setattr(extraction, "upsert", upsert)
    monkeypatch.setattr(extraction, "advance", advance)
    monkeypatch.setattr(extraction, "BATCH_SIZE", 2)
    return journal


def records(*times: str) -> list[dict[str, Any]]:
    return [
        {"Id": f"id{number}", "SystemModstamp": f"2026-03-01T{clock}:00.000+0000"}
        for number, clock in enumerate(times)
    ]


def test_each_batch_is_kept_with_its_watermark(journal: Journal) -> None:
    done = extraction.load(
        cast("Connection", journal), "Account", COLUMNS, records("08:00", "08:05", "08:05")
    )
    assert journal.lines == [
        "begin",
        "account id0 id1",
        "Account Id,SystemModstamp 08:05",
        "commit",
        "begin",
        "account id2",
        "Account Id,SystemModstamp 08:05",
        "commit",
    ]
    assert done == (3, datetime.fromisoformat("2026-03-01T08:05:00+00:00"))


def test_nothing_new_touches_nothing(journal: Journal) -> None:
    assert extraction.load(cast("Connection", journal), "Account", COLUMNS, []) == (0, None)
    assert journal.lines == []


def test_a_bad_record_keeps_the_batches_before_it(journal: Journal) -> None:
    with pytest.raises(ValueError, match="record 'id2'"):
        extraction.load(cast("Connection", journal), "Account", COLUMNS, records("08:00", "08:05", "soon"))
    assert journal.lines[-1] == "commit"
    assert "account id0 id1" in journal.lines
