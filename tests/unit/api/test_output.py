"""The output of a call: on the span that the CLI replays, or printed where no CLI listens."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from opentelemetry import trace
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter

from ci.api import output, standard_output

SPAN = "0123456789abcdef"
TRACE = 0x11111111222222223333333344444444


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give an engine that has a directory."""

    async def identify() -> str:
        return "an id"

    directory = SimpleNamespace(id=identify)
    monkeypatch.setattr(output, "dag", SimpleNamespace(directory=lambda: directory))


def records(monkeypatch: pytest.MonkeyPatch, baggage: str) -> Sequence[ReadableLogRecord]:
    """Show a text in a function's span, and return the log records that were exported."""
    exporter = InMemoryLogRecordExporter()
    monkeypatch.setattr(standard_output, "OTLPLogExporter", lambda: exporter)
    monkeypatch.setenv("BAGGAGE", baggage)
    span = trace.NonRecordingSpan(trace.SpanContext(TRACE, 7, is_remote=False))
    with trace.use_span(span):
        assert asyncio.run(output.shown("what it is")) == "an id"
    return exporter.get_finished_logs()


def test_the_text_is_logged_on_the_span_that_the_cli_replays(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (record,) = records(monkeypatch, f"no-color=true,global-logs-span={SPAN}")
    log = record.log_record
    assert (log.trace_id, log.span_id, log.body) == (TRACE, int(SPAN, 16), "what it is\n")
    assert log.attributes == {"stdio.stream": 1, "dagger.io/logs.global": True}
    assert not capsys.readouterr().out


def test_without_a_cli_the_text_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not records(monkeypatch, "")
    assert capsys.readouterr().out == "what it is\n"


def test_an_object_that_groups_calls_shows_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BAGGAGE", raising=False)

    class Fruit(output.Group):
        """A group."""

        def eat_raw(self) -> None:
            """Eat it as it is.

            Peel it first.
            """

        def cook(self) -> None:
            """Make jam of it."""

    assert asyncio.run(Fruit().sync()) == "an id"
    assert capsys.readouterr().out == "cook     Make jam of it.\neat-raw  Eat it as it is.\n"
