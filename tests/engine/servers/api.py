"""A small paged orders API for tests, on the standard library.

    python api.py --port 8080

GET /orders?limit=…&cursor=… asks for the bearer token of `api_data` and stumbles once on each of the first
three pages: a broken connection, 429 with Retry-After, 503. For the test there are GET /health and /requests,
POST /revise, which changes the data, /spoil, which puts two bad records among them, and /restore, which takes
those out again.
"""

import argparse
import json
import re
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from api_data import TOKEN, Record, orders

STATES = {"/revise": {"revised": True}, "/spoil": {"spoilt": True}, "/restore": {"spoilt": False}}


class Shop:
    """The state of the server: its data, its stumbles still to come, and the paths it was asked."""

    def __init__(self) -> None:
        """Begin with the first day's data."""
        self._lock = threading.Lock()
        self._state = {"revised": False, "spoilt": False}
        self._stumbles = {1: 0, 2: 429, 3: 503}
        self.requests: list[str] = []

    def change(self, state: dict[str, bool]) -> None:
        """Change the data from the next page on."""
        with self._lock:
            self._state |= state

    def stumble(self, page: int, path: str) -> int | None:
        """Return how to fail this request: a status, 0 for a broken connection, None for not at all."""
        with self._lock:
            self.requests.append(path)
            return self._stumbles.pop(page, None)

    def page(self, start: int, limit: int) -> Record:
        """Return the page that begins at a record."""
        with self._lock:
            listed = orders(**self._state)
        end = start + limit
        return {"items": listed[start:end], "next_cursor": f"after-{end}" if end < len(listed) else None}


class Handler(BaseHTTPRequestHandler):
    """Answers from one `Shop`."""

    protocol_version = "HTTP/1.1"
    shop = Shop()

    def do_GET(self) -> None:
        """Answer a page, or what a test asks."""
        url = urlsplit(self.path)
        if url.path == "/health":
            self._send({"status": "ok"})
        elif url.path == "/requests":
            self._send(self.shop.requests)
        elif url.path != "/orders":
            self._send({"error": "not found"}, HTTPStatus.NOT_FOUND)
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._send({"error": "a valid token is needed"}, HTTPStatus.UNAUTHORIZED)
        else:
            self._page(parse_qs(url.query))

    def do_POST(self) -> None:
        """Change the data."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path in STATES:
            self.shop.change(STATES[self.path])
            self._send({"status": "changed"})
        else:
            self._send({"error": "not found"}, HTTPStatus.NOT_FOUND)

    def _page(self, arguments: dict[str, list[str]]) -> None:
        limit = arguments.get("limit", ["50"])[0]
        cursor = re.fullmatch(r"after-(\d+)", arguments.get("cursor", ["after-0"])[0])
        if not cursor or not limit.isdigit() or not 0 < int(limit) <= 100:
            self._send({"error": "expected limit 1 to 100 and a cursor as given"}, HTTPStatus.BAD_REQUEST)
            return
        start = int(cursor[1])
        stumble = self.shop.stumble(start // int(limit) + 1, self.path)
        if stumble is None:
            self._send(self.shop.page(start, int(limit)))
        elif stumble == 0:
            self.close_connection = True
        else:
            self._send({"error": "busy"}, HTTPStatus(stumble), {"Retry-After": "1"} if stumble == 429 else {})

    def _send(
        self, body: object, status: HTTPStatus = HTTPStatus.OK, headers: dict[str, str] | None = None
    ) -> None:
        # Amounts are JSON numbers, which Python cannot write exactly: their digits go in as they are.
        content = re.sub(r'"amount": "([\d.]+)"', r'"amount": \1', json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description="A small paged orders API for tests.")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on, on every interface")
    port = parser.parse_args().port
    ThreadingHTTPServer(("0.0.0.0", port), Handler).serve_forever()  # noqa: S104 - other containers call it


if __name__ == "__main__":
    main()
