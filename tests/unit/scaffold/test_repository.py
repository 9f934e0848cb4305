"""What a repository has to adopt, and what forbids it, all at once."""

from pathlib import Path

import pytest

from ci.errors import ConfigurationError
from ci.scaffold import repository

from ..repository import Repository


def refused(tmp_path: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        repository.read(tmp_path)
    return caught.value.problems


def test_types_are_found_by_their_files(tmp_path: Path) -> None:
    root = Repository(tmp_path)
    for path in ("Dockerfile.crm", "pyproject.crm.toml", "pyproject.mail.toml", "Dockerfile.dbt"):
        root.write(path)
    for path in (
        "Dockerfile",
        "Dockerfile.base",
        "Dockerfile.crm.dockerignore",
        "pyproject.toml",
        "a/Dockerfile.x",
    ):
        root.write(path)
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    old = repository.read(tmp_path)
    assert [(one.name, one.dockerfile, one.manifest) for one in old.types] == [
        ("crm", "Dockerfile.crm", "pyproject.crm.toml"),
        ("dbt", "Dockerfile.dbt", ""),
        ("mail", "", "pyproject.mail.toml"),
    ]
    assert "a/Dockerfile.x" in old.files
    assert "binary" in old.files
    assert "binary" not in old.texts


def test_nothing_to_adopt_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    (message,) = refused(tmp_path)
    assert message.startswith("nothing to adopt: expected Dockerfile.<type> or pyproject.<type>.toml")


def test_everything_that_forbids_it_is_reported_at_once(tmp_path: Path) -> None:
    root = Repository(tmp_path)
    root.write("Dockerfile.My_Type_", "FROM x\n")
    root.write("Dockerfile.crm", "FROM x\n")
    root.write("images/crm/pyproject.toml")
    root.write("pyproject.mail.toml", "[project]\nname =\n")
    (tmp_path / "Dockerfile.dbt").write_bytes("FROM x".encode("utf-16"))
    root.write("ADOPTED.md", "mine")
    problems = refused(tmp_path)
    assert len(problems) == 5
    for part in (
        "Dockerfile.My_Type_: 'My_Type_' can't be part of an image's name",
        "the DAG type 'crm' exists already: images/crm/pyproject.toml: nothing is overwritten",
        "pyproject.mail.toml:2: invalid TOML",
        "Dockerfile.dbt: not UTF-8",
        "ADOPTED.md: exists already",
    ):
        assert any(part in problem for problem in problems)


def test_files_of_windows_are_read_as_others(tmp_path: Path) -> None:
    (tmp_path / "pyproject.crm.toml").write_bytes(b"\xef\xbb\xbf[project]\r\nname = 'crm'\r\n")
    (only,) = repository.read(tmp_path).types
    assert only.name == "crm"


def test_a_name_that_is_too_long_is_reported(tmp_path: Path) -> None:
    name = "a" * 101
    Repository(tmp_path).write(f"Dockerfile.{name}", "FROM x\n")
    (message,) = refused(tmp_path)
    rule = "has 101 characters; the limit for a DAG type's name is 100"
    assert message == f"Dockerfile.{name}: {name!r} {rule}: rename the file"


@pytest.mark.parametrize(
    "path",
    [
        "Dockerfile.crm.bak",
        "Dockerfile.crm.orig",
        "Dockerfile.crm.old",
        "Dockerfile.a.tmp",
        "Dockerfile.crm~",
    ],
)
def test_a_backup_of_a_file_is_no_type(tmp_path: Path, path: str) -> None:
    root = Repository(tmp_path)
    root.write("Dockerfile.crm", "FROM x\n")
    root.write(path, "FROM x\n")
    (message,) = refused(tmp_path)
    assert message.startswith(f"{path}: its name is that of a backup")
    assert message.endswith("rename or remove the file")


def test_a_link_is_a_file_without_a_text(tmp_path: Path) -> None:
    root = Repository(tmp_path)
    root.write("Dockerfile.crm", "FROM x\n")
    root.write("dags/a.py", "x = 1\n")
    (tmp_path / "dags" / "b.py").symlink_to("a.py")
    (tmp_path / "dags" / "crm").symlink_to("nowhere")
    old = repository.read(tmp_path)
    assert old.files == {"Dockerfile.crm", "dags/a.py", "dags/b.py", "dags/crm"}
    assert set(old.texts) == {"Dockerfile.crm", "dags/a.py"}


@pytest.mark.parametrize("path", ["images", "images/crm"])
def test_a_file_where_a_folder_would_be_is_reported_once(tmp_path: Path, path: str) -> None:
    root = Repository(tmp_path)
    for name in ("crm", "mail"):
        root.write(f"Dockerfile.{name}", "FROM x\n")
    root.write(path, "mine")
    (message,) = refused(tmp_path)
    assert message.startswith(f"{path}: is a file where a folder would be made")
