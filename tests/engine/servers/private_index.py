"""A package index behind a login, with two small wheels; nothing that is answered was ever on a disk.

    python private_index.py USER:PASSWORD PORT

acme-private 1.0 asks for acme-core, of which there are 1.0 and 2.0. Under /leaky/ the same index gives
files at addresses that hold a token.
"""

import base64
import hashlib
import http.server
import io
import sys
import zipfile

RELEASES = {("acme_private", "1.0"): "acme-core", ("acme_core", "1.0"): "", ("acme_core", "2.0"): ""}


def wheel(name: str, version: str, requires: str) -> bytes:
    """Return a wheel with one empty module, always the same bytes."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    files = {
        f"{name}/__init__.py": "",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return packed.getvalue()


FILES = {
    f"{name}-{version}-py3-none-any.whl": wheel(name, version, requires)
    for (name, version), requires in RELEASES.items()
}


def page(project: str, query: str) -> bytes:
    """Return the index's page of a project, in the simple API's HTML; empty where it has none."""
    links = [
        f'<a href="/files/{file}{query}#sha256={hashlib.sha256(content).hexdigest()}">{file}</a>'
        for file, content in FILES.items()
        if file.partition("-")[0].replace("_", "-") == project
    ]
    return "".join(links).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers who logs in, and nobody else."""

    login = ""

    def do_GET(self) -> None:
        """Give a page or a file."""
        if self.headers.get("Authorization") != self.login:
            self._answer(401, b"", {"WWW-Authenticate": 'Basic realm="index"'})
            return
        place, _, name = self.path.partition("?")[0].strip("/").rpartition("/")
        if place == "files":
            content = FILES.get(name, b"")
        else:
            content = page(name, "?token=hidden" if place == "leaky" else "")
        kind = "application/octet-stream" if place == "files" else "text/html"
        self._answer(200 if content else 404, content, {"Content-Type": kind})

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)


if __name__ == "__main__":
    Handler.login = f"Basic {base64.b64encode(sys.argv[1].encode()).decode()}"
    http.server.ThreadingHTTPServer(("", int(sys.argv[2])), Handler).serve_forever()
