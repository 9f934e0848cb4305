"""What ruff's Airflow rules say, as findings."""

import json
import subprocess
import sys
from pathlib import Path

from ci.checks.report import Level
from ci.checks.upgrade.ruff import SELECT, missing, outcome

OLD = "from airflow.models import Variable\nfrom airflow.operators.python import PythonOperator\nimport dbt\n"


def ruff(folder: Path) -> str:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", SELECT]
    done = subprocess.run(
        [*command, "--output-format", "json", "--exit-zero", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_real_ruff_tells_what_moved_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/old.py").write_text(f"{OLD}\nVariable, PythonOperator(task_id='a')\n")
    told = outcome(ruff(tmp_path), str(tmp_path))
    assert {(each.file, each.line, each.level) for each in told.findings} >= {
        ("dags/old.py", 5, Level.WARNING)
    }
    assert all(each.cause.startswith("AIR3") and each.remedy for each in told.findings)


def test_code_without_findings_is_a_fact(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text("from airflow.sdk import DAG\n")
    assert outcome(ruff(tmp_path), str(tmp_path)).facts


def test_a_file_that_is_no_python_is_told_too() -> None:
    report = [{"code": None, "message": "SyntaxError: x", "filename": "/r/dags/a.py", "location": {"row": 2}}]
    (finding,) = outcome(json.dumps(report), "/r").findings
    assert (finding.file, finding.line, finding.cause) == ("dags/a.py", 2, "syntax: SyntaxError: x")


def test_that_there_is_no_ruff_fails_nothing() -> None:
    told = missing("ruff couldn't be had: the package index doesn't answer")
    (finding,) = told.findings
    assert (finding.check, finding.level, finding.file) == ("ruff", Level.WARNING, "")
    assert finding.cause == "ruff couldn't be had: the package index doesn't answer"
    assert finding.remedy
