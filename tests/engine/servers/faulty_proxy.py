"""A reverse proxy before a registry that fails as networks and registries do, on the standard library.

    python faulty_proxy.py --port 8080 --upstream registry:5000 --seed 1 --faults drop=0.02,lost=0.02

Faults, each with its rate: a status (429 with Retry-After: 0, 500, 502, 503); `drop`, the connection is
reset; `lost`, the request is passed on and its answer isn't; `torn`, half of the request's body is passed on;
`half`, half of the answer's body comes back; `slow`. Which request fails depends on the seed, the request and
how often it came before: not on the order of requests that run side by side.

GET /__counts tells what was done and what went up; GET /__reset does too, and begins at zero.
"""

import argparse
import http.client
import json
import random
import re
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHUNK = 1 << 16
SLOW = 0.25  # seconds
WRITING = ("POST", "PUT", "PATCH", "DELETE")
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
Counts = dict[str, dict[str, int]]


class Proxy:
    """What is decided per request, and what was counted; `serve` listens for it."""

    def __init__(self, upstream: str, seed: str = "0", faults: dict[str, float] | None = None) -> None:
        self.upstream, self.seed, self.faults = upstream, seed, faults or {}
        self.before: Callable[[], None] = lambda: None
        """Called before each request."""
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()
        self._active = 0
        self.reset()

    def reset(self) -> None:
        """Begin to count at zero."""
        with self._lock:
            self._counts: dict[str, Counter[str]] = {
                name: Counter()
                for name in ("requests", "faults", "uploaded", "downloaded", "mounted", "manifests")
            }

    def counts(self) -> Counts:
        """Return requests by method, faults by kind; by repository bytes, mounts and manifests written."""
        with self._lock:
            return {name: dict(counter) for name, counter in self._counts.items()}

    def count(self, name: str, key: str, number: int = 1) -> None:
        """Count something."""
        with self._lock:
            self._counts[name][key] += number

    def fault(self, method: str, path: str) -> str:
        """How to fail this request; empty for not at all."""
        # Names of uploads are the registry's own, and other ones each time.
        known = f"{method} {re.sub('(?<=/blobs/uploads/)[^?]+|_state=[^&]*', '', path)}"
        with self._lock:
            self._seen[known] += 1
            drawn = random.Random(f"{self.seed} {known} {self._seen[known]}").random()  # noqa: S311 - a test's
        for kind, rate in self.faults.items():
            if drawn < rate:
                self.count("faults", kind)
                return kind
            drawn -= rate
        return ""

    def quiet(self, seconds: float = 30) -> None:
        """Wait until no request is under way, such as those of a client that is gone."""
        until = time.monotonic() + seconds
        while self._active and time.monotonic() < until:
            time.sleep(0.005)
        if self._active:
            raise TimeoutError(f"{self._active} requests are still under way")

    def enter(self, number: int) -> None:
        """Note that a request begins (1) or is done (-1)."""
        with self._lock:
            self._active += number

    def serve(self, port: int = 0, host: str = "127.0.0.1") -> ThreadingHTTPServer:
        """Return a server that passes on what it is asked."""
        return _Server((host, port), type("Bound", (_Handler,), {"proxy": self}))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Tell of mistakes; clients that broke off are none."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # pyright: ignore[reportArgumentType]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy: Proxy
    upstream: http.client.HTTPConnection | None = None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
        """Say nothing: what matters is counted."""

    def _answer(self) -> None:
        if self.path.startswith("/__"):
            self._tell()
            return
        self.proxy.enter(1)
        try:
            self.proxy.before()
            self.proxy.count("requests", self.command)
            self._pass(self.proxy.fault(self.command, self.path))
        except (OSError, http.client.HTTPException):
            self.close_connection = True  # either side broke off
            self._forget()
        finally:
            self.proxy.enter(-1)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server's

    def finish(self) -> None:
        """Close the way to the registry with the client's."""
        self._forget()
        super().finish()

    def _pass(self, fault: str) -> None:
        body = self._body()
        if fault == "drop":
            self._reset()
            return
        if fault.isdigit():
            for _ in body:
                pass
            again = {"Retry-After": "0"} if fault == "429" else {}
            self._send(int(fault), again, b"" if self.command == "HEAD" else b'{"errors":[]}')
            return
        if fault == "slow":
            time.sleep(SLOW)
        answer = self._ask(body, torn=fault == "torn")
        if answer is None:
            return
        if fault == "lost":
            answer.read()
            self.close_connection = True
            return
        self._give_back(answer, half=fault == "half")

    def _body(self) -> "list[bytes] | _Body":
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            return list(iter(self._chunk, b""))
        return _Body(self, int(self.headers.get("Content-Length", 0)))

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

    def _ask(self, body: "list[bytes] | _Body", *, torn: bool) -> http.client.HTTPResponse | None:
        self._forget()  # a connection per request: none is closed under the next one
        self.upstream = http.client.HTTPConnection(self.proxy.upstream, timeout=60)
        length = sum(map(len, body)) if isinstance(body, list) else body.length
        self.upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in HOP:
                self.upstream.putheader(name, value)
        if length or self.command in WRITING:
            self.upstream.putheader("Content-Length", str(length))
        self.upstream.endheaders()
        if torn:
            self.upstream.send(b"".join(body)[: length // 2])
            self._forget()
            self.close_connection = True
            return None
        repository, _, rest = self.path.removeprefix("/v2/").partition("/blobs/uploads/")
        for piece in body:
            self.upstream.send(piece)
            if rest:
                self.proxy.count("uploaded", repository, len(piece))
        answer = self.upstream.getresponse()
        if self.command == "POST" and "mount=" in rest and answer.status == 201:
            self.proxy.count("mounted", repository)
        if self.command == "PUT" and "/manifests/" in self.path and answer.status < 300:
            self.proxy.count("manifests", self.path.removeprefix("/v2/").partition("/manifests/")[0])
        return answer

    def _give_back(self, answer: http.client.HTTPResponse, *, half: bool) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        length = int(answer.headers.get("Content-Length", -1))
        whole = b""
        if length < 0 and self.command != "HEAD":
            whole = answer.read()
            length = len(whole)
        if length >= 0:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        left = length // 2 if half else length
        if self.command == "HEAD":
            answer.read()
            left = 0
        repository, _, blob = self.path.removeprefix("/v2/").partition("/blobs/")
        while left > 0 and (piece := whole[:left] or answer.read(min(CHUNK, left))):
            self.wfile.write(piece)
            if blob and self.command == "GET" and answer.status < 300:
                self.proxy.count("downloaded", repository, len(piece))
            left -= len(piece)
        if half:
            self.close_connection = True
            self._forget()

    def _forget(self) -> None:
        if self.upstream is not None:
            self.upstream.close()
            self.upstream = None

    def _reset(self) -> None:
        # With a linger of zero seconds, closing sends RST in the place of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _tell(self) -> None:
        told = json.dumps(self.proxy.counts()).encode()
        if self.path == "/__reset":
            self.proxy.reset()
        self._send(200, {}, told)

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


class _Body:
    """The body of a request, read piece by piece as it is passed on."""

    def __init__(self, handler: BaseHTTPRequestHandler, length: int) -> None:
        self._handler, self.length, self._left = handler, length, length

    def __iter__(self) -> "_Body":
        return self

    def __next__(self) -> bytes:
        if not self._left:
            raise StopIteration
        piece = self._handler.rfile.read(min(CHUNK, self._left))
        if not piece:
            raise ConnectionResetError("the client sent less than it said")
        self._left -= len(piece)
        return piece


def rates(text: str) -> dict[str, float]:
    """Rates by kind, from `drop=0.02,503=0.01`."""
    return {kind: float(rate) for kind, _, rate in (item.partition("=") for item in text.split(",") if item)}


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description="A faulty way to a registry.")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on, on every interface")
    parser.add_argument(
        "--upstream", required=True, help="HOST:PORT of the registry, spoken to in plain HTTP"
    )
    parser.add_argument("--seed", default="0", help="other seeds, other requests that fail")
    parser.add_argument("--faults", type=rates, default="", help="rates by kind, as in drop=0.02,503=0.01")
    given = parser.parse_args()
    server = Proxy(given.upstream, given.seed, given.faults).serve(given.port, "0.0.0.0")  # noqa: S104 - a test
    server.serve_forever()


if __name__ == "__main__":
    main()
