"""Findings of ruff's Airflow rules."""

import json
import subprocess
import sys
from pathlib import Path

from ci.checks.report import Level
from ci.checks.upgrade.ruff import SELECT, result, unavailable

OLD = "from airflow.models import Variable\nfrom airflow.operators.python import PythonOperator\nimport dbt\n"


def ruff(folder: Path) -> str:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", SELECT]
    command += ["--output-format", "json", "--exit-zero", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_real_ruff_finds_what_moved_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/new.py").write_text("from airflow.sdk import DAG\n")
    assert result(ruff(tmp_path), str(tmp_path)).facts
    (tmp_path / "dags/old.py").write_text(f"{OLD}\nVariable, PythonOperator(task_id='a')\n")
    checked = result(ruff(tmp_path), str(tmp_path))
    assert ("dags/old.py", 5, Level.WARNING) in [(row.file, row.line, row.level) for row in checked.findings]
    assert all(finding.cause.startswith("AIR3") and finding.remedy for finding in checked.findings)


def test_a_file_that_is_not_python_is_a_finding_too() -> None:
    report = [{"code": None, "message": "SyntaxError: x", "filename": "/r/dags/a.py", "location": {"row": 2}}]
    (finding,) = result(json.dumps(report), "/r").findings
    assert (finding.file, finding.line, finding.cause) == ("dags/a.py", 2, "syntax: SyntaxError: x")


def test_an_unavailable_ruff_fails_nothing() -> None:
    (finding,) = unavailable("could not run ruff").findings
    assert (finding.level, finding.cause) == (Level.WARNING, "could not run ruff")
