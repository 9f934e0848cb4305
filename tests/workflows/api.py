"""GitHub's comments on pull requests, as its REST API has them ("Issue comments")."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "token-of-the-job"  # noqa: S105 - made up


class Api:
    """A server on a free port of this machine's loopback address; `comments` are what it holds."""

    def __init__(self) -> None:
        """Start to serve."""
        self.comments: list[dict[str, Any]] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = f"http://{self.headers['Host']}/comments"
                self._send(200, [{"url": f"{address}/{at}", **told} for at, told in enumerate(api.comments)])

            def do_POST(self) -> None:
                api.comments.append({"user": {"type": "Bot"}, **self._sent()})
                self._send(201, api.comments[-1])

            def do_PATCH(self) -> None:
                comment = api.comments[int(self.path.rpartition("/")[2])]
                comment.update(self._sent())
                self._send(200, comment)

            def _sent(self) -> dict[str, Any]:
                return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

            def _send(self, status: int, content: object) -> None:
                allowed = self.headers["Authorization"] == f"Bearer {TOKEN}"
                body = json.dumps(content if allowed else {"message": "Bad credentials"}).encode()
                self.send_response(status if allowed else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base names it
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Where the comments of a pull request are."""
        return f"http://127.0.0.1:{self._server.server_port}/repos/comments"

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
