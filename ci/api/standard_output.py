"""The standard output of the CLI, written by its own telemetry."""

import os

from opentelemetry import trace
from opentelemetry._logs import LogRecord
from opentelemetry.baggage import get_baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor

# The CLI names its own span in the baggage, and replays that span's logs at the end, each on its stream
# (dagger/otel-go, logging.go; dagger/dagger, dagql/idtui: renderPrimaryOutput).
_OUTPUT_SPAN = "global-logs-span"
_STREAM = {"stdio.stream": 1, "dagger.io/logs.global": True}  # 1: standard output


def write(text: str) -> None:
    """Write a text to the standard output of the CLI, beside what the call returns."""
    context = W3CBaggagePropagator().extract({"baggage": os.environ.get("BAGGAGE", "")})
    span = get_baggage(_OUTPUT_SPAN, context)
    if not isinstance(span, str):  # a client other than the CLI: the log of this function is all there is
        print(text)  # noqa: T201
        return
    mine = trace.get_current_span().get_span_context()
    output = trace.SpanContext(mine.trace_id, int(span, 16), is_remote=True, trace_flags=mine.trace_flags)
    target = trace.set_span_in_context(trace.NonRecordingSpan(output))
    provider = LoggerProvider()
    provider.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter()))
    provider.get_logger(__name__).emit(LogRecord(context=target, body=text + "\n", attributes=_STREAM))
    provider.shutdown()
