"""A small Salesforce for tests: SOAP login, describe, query, queryAll and paging, on the standard library.

    python salesforce.py --port 8080

Besides Salesforce's own paths it answers GET /health, GET /queries, which lists the SOQL it was asked, and
POST /revise, which changes its data as a day's work would.
"""

import argparse
import json
import re
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from salesforce_data import FIELDS, PASSWORD, SECURITY_TOKEN, SESSION, STANDARD, USERNAME, Record, data

PAGE_SIZE = 100


class Org:
    """The state of the server: its data, its open cursors and the queries it was asked."""

    def __init__(self) -> None:
        """Begin with the first day's data."""
        self._lock = threading.Lock()
        self._records = data()
        self._cursors: list[tuple[str, list[Record]]] = []
        self._stumbled: set[str] = set()
        self.queries: list[str] = []

    def revise(self) -> None:
        """Change the data as a day's work would."""
        with self._lock:
            self._records = data(revised=True)

    def query(self, soql: str, *, include_deleted: bool) -> tuple[str, list[Record]]:
        """Run a query of the one form that is spoken here; return its cursor and all its records."""
        match = re.fullmatch(
            r"SELECT ([\w, ]+) FROM (\w+)(?: WHERE SystemModstamp >= (\S+Z))? ORDER BY SystemModstamp, Id",
            soql,
        )
        if not match:
            raise AnswerError(HTTPStatus.BAD_REQUEST, "MALFORMED_QUERY", f"unexpected query: {soql}")
        fields, name, since = match[1].split(", "), match[2], match[3]
        if name not in FIELDS:
            raise AnswerError(
                HTTPStatus.BAD_REQUEST, "INVALID_TYPE", f"sObject type '{name}' is not supported."
            )
        for field in fields:
            if field not in STANDARD | FIELDS[name]:
                raise AnswerError(
                    HTTPStatus.BAD_REQUEST, "INVALID_FIELD", f"No such column '{field}' on entity '{name}'."
                )
        start = datetime.fromisoformat(since) if since else datetime.min.replace(tzinfo=UTC)
        with self._lock:
            found = [
                record
                for record in self._records[name]
                if datetime.fromisoformat(str(record["SystemModstamp"])) >= start
                and (include_deleted or not record["IsDeleted"])
            ]
            found.sort(key=lambda record: (str(record["SystemModstamp"]), str(record["Id"])))
            chosen = [{field: record[field] for field in fields} for record in found]
            self._cursors.append((name, chosen))
            self.queries.append(soql)
            return f"01g{len(self._cursors):015d}", chosen

    def resume(self, cursor: str) -> tuple[str, list[Record]]:
        """Return the object and the records of an open cursor; Contact's first try finds the server busy."""
        with self._lock:
            number = int(cursor.removeprefix("01g"))
            if not 0 < number <= len(self._cursors):
                raise AnswerError(HTTPStatus.BAD_REQUEST, "INVALID_QUERY_LOCATOR", "invalid query locator")
            name, records = self._cursors[number - 1]
            if name == "Contact" and cursor not in self._stumbled:
                self._stumbled.add(cursor)
                raise AnswerError(HTTPStatus.SERVICE_UNAVAILABLE, "SERVER_UNAVAILABLE", "try again")
            return name, records


class AnswerError(Exception):
    """An error as Salesforce's REST API answers it."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        """Hold what the answer says."""
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Handler(BaseHTTPRequestHandler):
    """Answers Salesforce's paths from one `Org`."""

    protocol_version = "HTTP/1.1"
    org = Org()

    def do_GET(self) -> None:
        """Answer a query, a page, a description, or what a test asks."""
        url = urlsplit(self.path)
        if url.path == "/health":
            self._send_json({"status": "ok"})
        elif url.path == "/queries":
            self._send_json(self.org.queries)
        else:
            try:
                self._send_json(self._rest(url.path, parse_qs(url.query)))
            except AnswerError as error:
                self._send_json([{"message": error.message, "errorCode": error.code}], error.status)

    def do_POST(self) -> None:
        """Answer a login, or change the data."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/revise":
            self.org.revise()
            self._send_json({"status": "revised"})
        elif re.fullmatch(r"/services/Soap/u/\d+\.0", self.path):
            self._login(body)
        else:
            self._send_json([{"message": "not found", "errorCode": "NOT_FOUND"}], HTTPStatus.NOT_FOUND)

    def _rest(self, path: str, arguments: Mapping[str, Sequence[str]]) -> object:
        if self.headers.get("Authorization") != f"Bearer {SESSION}":
            raise AnswerError(HTTPStatus.UNAUTHORIZED, "INVALID_SESSION_ID", "Session expired or invalid")
        if match := re.fullmatch(r"/services/data/v\d+\.0/sobjects/(\w+)/describe", path):
            return _description(match[1])
        if match := re.fullmatch(r"/services/data/(v\d+\.0)/(query|queryAll)/?", path):
            soql = arguments.get("q", [""])[0]
            cursor, records = self.org.query(soql, include_deleted=match[2] == "queryAll")
            return _page(match[1], cursor, records, 0)
        if match := re.fullmatch(r"/services/data/(v\d+\.0)/(?:query|queryAll)/(01g\d+)-(\d+)", path):
            records = self.org.resume(match[2])[1]
            return _page(match[1], match[2], records, int(match[3]))
        raise AnswerError(HTTPStatus.NOT_FOUND, "NOT_FOUND", "The requested resource does not exist")

    def _login(self, body: bytes) -> None:
        envelope = ET.fromstring(body)  # noqa: S314 - a test's own client sends it
        urn = "{urn:partner.soap.sforce.com}"
        if (
            envelope.findtext(f".//{urn}username") == USERNAME
            and envelope.findtext(f".//{urn}password") == PASSWORD + SECURITY_TOKEN
        ):
            # Real answers name the host of the user's instance, which seldom is the host of the login.
            server = f"https://example.my.salesforce.com{self.path}/00D000000000001"
            self._send_xml(
                f'<loginResponse xmlns="urn:partner.soap.sforce.com"><result><serverUrl>{server}</serverUrl>'
                f"<sessionId>{escape(SESSION)}</sessionId></result></loginResponse>"
            )
            return
        message = "INVALID_LOGIN: Invalid username, password, security token; or user locked out."
        self._send_xml(
            "<soapenv:Fault><faultcode>INVALID_LOGIN</faultcode>"
            f"<faultstring>{message}</faultstring><detail><sf:LoginFault>"
            "<sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>"
            f"<sf:exceptionMessage>{message[15:]}</sf:exceptionMessage>"
            "</sf:LoginFault></detail></soapenv:Fault>",
            HTTPStatus.INTERNAL_SERVER_ERROR,
        )

    def _send_xml(self, body: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        envelope = (
            '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
            'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
            'xmlns:sf="urn:fault.partner.soap.sforce.com">'
            f"<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
        )
        self._send(envelope, "text/xml; charset=utf-8", status)

    def _send_json(self, body: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        text = json.dumps(body, default=lambda value: f"@{value}")
        # JSON has no exact decimals in Python's writer: their digits go in as they are.
        self._send(re.sub(r'"@([\d.]+)"', r"\1", text), "application/json", status)

    def _send(self, text: str, kind: str, status: HTTPStatus) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _description(name: str) -> object:
    if name not in FIELDS:
        raise AnswerError(HTTPStatus.NOT_FOUND, "NOT_FOUND", "The requested resource does not exist")
    fields = STANDARD | FIELDS[name]
    return {"name": name, "fields": [{"name": field, "type": kind} for field, kind in fields.items()]}


def _page(version: str, cursor: str, records: Sequence[Record], start: int) -> object:
    end = start + PAGE_SIZE
    page: Record = {"totalSize": len(records), "done": end >= len(records)}
    if end < len(records):
        page["nextRecordsUrl"] = f"/services/data/{version}/query/{cursor}-{end}"
    page["records"] = [{"attributes": {"type": "x"}, **record} for record in records[start:end]]
    return page


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description="A small Salesforce for tests.")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on, on every interface")
    port = parser.parse_args().port
    ThreadingHTTPServer(("0.0.0.0", port), Handler).serve_forever()  # noqa: S104 - other containers call it


if __name__ == "__main__":
    main()
