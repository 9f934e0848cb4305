"""Show where the seconds of a command go, by the spans that Dagger's CLI and engine send.

    .venv/bin/python bench/trace.py [--least 0.2] -- ./daggerw call build --dag salesforce

Prints one line per span that took at least so many seconds, as a tree: its start and its length in seconds,
and its name. Needs the project's own environment, for OpenTelemetry's messages.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """A part of a call; times are in seconds since the epoch."""

    id: bytes
    parent: bytes
    name: str
    start: float
    end: float


class Receiver(ThreadingHTTPServer):
    """An OTLP endpoint that keeps every span, the last version of each."""

    def __init__(self) -> None:
        self.spans: dict[bytes, Span] = {}
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver  # pyright: ignore[reportIncompatibleVariableOverride] - the only server that has it

    def do_POST(self) -> None:
        """Take spans; logs and metrics are left alone."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/traces"):
            message = ExportTraceServiceRequest.FromString(body)
            for resource in message.resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        start, end = span.start_time_unix_nano / 1e9, span.end_time_unix_nano / 1e9
                        self.server.spans[span.span_id] = Span(
                            span.span_id, span.parent_span_id, span.name, start, end
                        )
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base
        """Write nothing."""


def show(spans: dict[bytes, Span], began: float, least: float) -> None:
    """Print the spans as a tree, in the order of their starts."""
    children: dict[bytes, list[Span]] = defaultdict(list)
    for span in spans.values():
        children[span.parent if span.parent in spans else b""].append(span)

    def one(span: Span, depth: int) -> None:
        if span.end - span.start >= least:
            print(f"{span.start - began:7.2f}{span.end - span.start:7.2f}  {'  ' * depth}{span.name[:120]}")
            for child in sorted(children[span.id], key=lambda child: child.start):
                one(child, depth + 1)

    for span in sorted(children[b""], key=lambda span: span.start):
        one(span, 0)


def main() -> int:
    """Run the command and print its spans; the exit code is the command's."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--least", type=float, default=0.1, help="seconds")
    parser.add_argument("command", nargs="+")
    given = parser.parse_args()
    with Receiver() as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{receiver.server_port}"
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
        began = time.time()
        status = subprocess.run(given.command, env={**os.environ, **env}, check=False).returncode
        print(f"{time.time() - began:.2f} s in all", file=sys.stderr)
        show(receiver.spans, began, given.least)
    return status


if __name__ == "__main__":
    sys.exit(main())
