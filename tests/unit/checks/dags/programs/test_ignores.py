"""Patterns with a slash at the end, which ignore nothing in some Airflow versions."""

from pathlib import Path

import pytest

from ci.checks.dags.programs.ignores import without_effect

FILES = ("crm/dag.py", "crm/common/x.py", "crm/deep/common/y.py", "crm/common.py", "other/common/z.py")


@pytest.mark.parametrize(
    ("folder", "pattern", "files"),
    [
        ("crm", "common/", ["dags/crm/common/x.py", "dags/crm/deep/common/y.py"]),
        ("crm", "common/  # of all", ["dags/crm/common/x.py", "dags/crm/deep/common/y.py"]),
        ("", "common/", [f"dags/{file}" for file in FILES if "/common/" in file]),
        ("", "crm/common/", ["dags/crm/common/x.py"]),
        ("crm", "/common/", ["dags/crm/common/x.py"]),
        ("crm", "common", []),
        ("crm", "nothing/", []),
        ("crm", "/", []),
        ("crm", "!common/", []),
        ("crm", "# common/", []),
    ],
)
def test_a_pattern_whose_folder_is_listed_has_no_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, pattern: str, files: list[str]
) -> None:
    monkeypatch.setenv("AIRFLOW_VERSION", "3.1.5")
    root = tmp_path / "dags"
    for file in FILES:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    (root / folder / ".airflowignore").write_text(f"x\n{pattern}\n")
    found = without_effect(root, [str(root / file) for file in FILES])
    place = "/".join(filter(None, ("dags", folder, ".airflowignore")))
    told = {"file": place, "line": 2, "pattern": pattern.partition(" ")[0], "airflow": "3.1.5"}
    assert found == ([{**told, "files": files}] if files else [])
    assert without_effect(root, [str(root / "crm/dag.py")]) == []  # an Airflow that ignores them
