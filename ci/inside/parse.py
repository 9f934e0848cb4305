"""Parse a folder's DAG files with the Airflow this runs under, as a worker does: no database, no safe mode.

    parse.py /opt/airflow/dags

Its last line of output is an outcome as JSON: {"facts": […], "findings": […]}.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def dag_bag() -> Callable[..., Any]:
    """Airflow's DagBag; it has moved in Airflow 3.3."""
    try:
        return importlib.import_module("airflow.dag_processing.dagbag").DagBag
    except (ImportError, AttributeError):
        return importlib.import_module("airflow.models.dagbag").DagBag


def python_files(folder: Path) -> list[str]:
    """The files that Airflow would look at: .airflowignore is heeded, safe mode is not."""
    # Airflow is imported where it is needed: it isn't there when the functions below are tested.
    paths: list[object] = importlib.import_module("airflow.utils.file").list_py_file_paths(
        str(folder), safe_mode=False
    )
    return sorted(map(str, paths))


def looks_like_dag_file(path: str) -> bool:
    """Airflow's own guess, by which a scheduler in safe mode skips the others."""
    if zipfile.is_zipfile(path):
        return True
    content = Path(path).read_bytes().lower()
    return b"airflow" in content and (b"dag" in content or b"asset" in content)


def line_of(text: str, path: str) -> int:
    """The line of a file that a traceback names last, 0 where it names none."""
    lines = re.findall(rf'File "{re.escape(path)}", line (\d+)', text)
    return int(lines[-1]) if lines else 0


def cause_of(text: str) -> str:
    """The last line of a traceback: the error itself."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "unknown"


def remedy_for(cause: str) -> str:
    """What to do about an import error."""
    if missing := re.search(r"No module named '([\w.]+)'", cause):
        pin = f"pin the package that provides {missing[1]!r} in the type's pyproject.toml and lock"
        return f"{pin}, or list its file in scripts"
    if "SyntaxError" in cause or "IndentationError" in cause:
        return "correct the line"
    return "make the file importable without network, database and secrets"


def main(folder: str) -> int:
    """Parse, and print the outcome."""
    findings: list[dict[str, Any]] = []
    dags: list[str] = []
    files = python_files(Path(folder))
    for path in files:
        shown = f"dags/{Path(path).relative_to(folder)}"
        bag = dag_bag()(dag_folder=path, safe_mode=False, load_op_links=False, bundle_path=Path(folder))
        for text in bag.import_errors.values():
            cause = cause_of(text)
            finding = {"check": "dags", "file": shown, "line": line_of(text, path), "cause": cause}
            findings.append({**finding, "remedy": remedy_for(cause)})
        if bag.dags and not looks_like_dag_file(path):
            remedy = "mention both words, in a comment at least: a scheduler skips the file else"
            cause = "has a DAG, but not the words 'airflow' and 'dag'"
            findings.append({"check": "dags", "file": shown, "line": 1, "cause": cause, "remedy": remedy})
        if not bag.dags and not bag.import_errors and looks_like_dag_file(path):
            remedy = "define a DAG at the top level, or name the file in .airflowignore"
            findings.append(
                {"check": "dags", "file": shown, "line": 1, "cause": "defines no DAG", "remedy": remedy}
            )
        dags += sorted(bag.dags)
    if not dags and not findings:
        cause = f"{len(files)} Python files, none with a DAG"
        findings.append({"check": "dags", "file": "dags", "line": 0, "cause": cause, "remedy": "add a DAG"})
    facts = (
        [] if findings else [f"dags: {', '.join(dags)} in {len(files)} Python file{'s' * (len(files) > 1)}"]
    )
    sys.stdout.write("\n" + json.dumps({"facts": facts, "findings": findings}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
