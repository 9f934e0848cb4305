"""A key management service as cosign's client for HashiCorp Vault sees it: a key that never leaves it.

    python transit.py FOLDER

It answers two calls of Vault's transit engine (its HTTP API, /secret/transit), reading the public key and
signing a digest, to whoever has the token in FOLDER/token. openssl makes the key and the signatures.
"""

import base64
import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[1])
KEY = FOLDER / "key.pem"


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    """Return the output of openssl."""
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


class Transit(BaseHTTPRequestHandler):
    """The two calls."""

    def do_GET(self) -> None:
        """Read the key, as far as it is public."""
        public = openssl("pkey", "-in", str(KEY), "-pubout").decode()
        self.answer({"latest_version": 1, "type": "ecdsa-p256", "keys": {"1": {"public_key": public}}})

    def do_PUT(self) -> None:
        """Sign a digest."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        made = openssl("pkeyutl", "-sign", "-inkey", str(KEY), given=base64.b64decode(asked["input"]))
        self.answer({"signature": f"vault:v1:{base64.b64encode(made).decode()}"})

    def answer(self, data: dict[str, Any]) -> None:
        """Send data to whoever has the token."""
        known = self.headers["X-Vault-Token"] == (FOLDER / "token").read_text(encoding="utf-8")
        body = json.dumps({"data": data} if known else {"errors": ["permission denied"]}).encode()
        self.send_response(200 if known else 403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(KEY))
    ThreadingHTTPServer(("", 8200), Transit).serve_forever()
