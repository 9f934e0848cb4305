"""How dbt is called, and what is said of its failures."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from scripts.dbt import project
from scripts.dbt.project import DbtError, command_line, failures, read_results, scratch_environment
from scripts.environment import MissingVariablesError, SetupError

ENVIRON = {
    "POSTGRES_HOST": "db",
    "POSTGRES_DATABASE": "warehouse",
    "POSTGRES_USER": "loader",
    "POSTGRES_PASSWORD": "s3cret",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dbt_project.yml").write_text("name: x\n")
    return tmp_path


def test_the_command_line_names_project_and_profiles_and_no_secret() -> None:
    assert command_line("run", Path("/p")) == [
        str(Path(sys.executable).with_name("dbt")),
        "run",
        "--project-dir",
        "/p",
        "--profiles-dir",
        "/p",
    ]


def test_dbt_writes_to_its_own_folder_and_reports_to_nobody() -> None:
    environ = scratch_environment({"KEPT": "x"}, Path("/scratch"))
    assert environ["KEPT"] == "x"
    assert environ["DBT_TARGET_PATH"] == "/scratch/target"
    assert environ["DBT_LOG_PATH"] == "/scratch/logs"
    assert environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"


@pytest.mark.parametrize(
    ("status", "message", "line"),
    [
        ("success", "INSERT 4", None),
        ("pass", None, None),
        ("warn", "Got 1 result", None),
        ("error", "Database Error\n  no such\n  column", "m: error, Database Error no such column"),
        ("fail", "Got 1 result", "m: fail, Got 1 result"),
        ("skipped", None, "m: skipped"),
    ],
)
def test_failed_nodes_are_named(status: str, message: str | None, line: str | None) -> None:
    found = failures([{"unique_id": "m", "status": status, "message": message}])
    assert found == ([line] if line else [])


def test_no_results_file_means_no_results(tmp_path: Path) -> None:
    assert read_results(tmp_path / "absent.json") == []


def fake_dbt(monkeypatch: pytest.MonkeyPatch, code: int, results: str | None) -> None:
    def execute(_: Sequence[str], environ: dict[str, str]) -> int:
        if results is not None:
            target = Path(environ["DBT_TARGET_PATH"])
            target.mkdir()
            (target / "run_results.json").write_text(results)
        return code

    monkeypatch.setattr(project, "_execute", execute)


def test_success_counts_the_nodes(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    fake_dbt(monkeypatch, 0, '{"results": [{"unique_id": "m", "status": "success", "message": null}]}')
    assert project.dbt("run", folder, ENVIRON) == {"command": "run", "nodes": 1}


@pytest.mark.parametrize(
    ("code", "results", "message"),
    [
        (
            1,
            '{"results": [{"unique_id": "m", "status": "error", "message": "no"}]}',
            "1 of 1 nodes.*\nm: error, no",
        ),
        (0, '{"results": [{"unique_id": "m", "status": "fail", "message": "no"}]}', "m: fail, no"),
        (2, None, "exit code 2, expected 0, and named no failed node"),
    ],
)
def test_failure_is_told(
    monkeypatch: pytest.MonkeyPatch, folder: Path, code: int, results: str | None, message: str
) -> None:
    fake_dbt(monkeypatch, code, results)
    with pytest.raises(DbtError, match=message):
        project.dbt("test", folder, ENVIRON)


def test_the_environment_is_checked_before_dbt_starts(folder: Path) -> None:
    with pytest.raises(MissingVariablesError, match="POSTGRES_HOST, POSTGRES_DATABASE"):
        project.dbt("run", folder, {"POSTGRES_USER": "loader", "POSTGRES_PASSWORD": "s3cret"})


def test_a_folder_without_a_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=f"{tmp_path} is not a dbt project"):
        project.dbt("run", tmp_path, ENVIRON)


def test_an_image_without_dbt_is_told(monkeypatch: pytest.MonkeyPatch, folder: Path, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(SetupError, match="expected dbt beside this Python"):
        project.dbt("run", folder, ENVIRON)
