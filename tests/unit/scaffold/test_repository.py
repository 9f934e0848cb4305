"""What a repository has to adopt, and everything that forbids it, at once."""

from pathlib import Path

import pytest

from ci.scaffold import repository

from ..refusals import refusal
from ..repository import Repository

LONG = "a" * 101


def written(root: Path, *paths: str, text: str = "FROM apache/airflow:3\n") -> Repository:
    for path in paths:
        Repository(root).write(path, text)
    return Repository(root)


def refused(root: Path) -> tuple[str, ...]:
    return refusal(repository.read, root)


def test_types_are_named_by_their_files(tmp_path: Path) -> None:
    written(tmp_path, "Dockerfile.crm", "Dockerfile.dbt")
    written(tmp_path, "pyproject.crm.toml", "pyproject.mail.toml", text="")
    written(tmp_path, "Dockerfile", "Dockerfile.base", "Dockerfile.crm.dockerignore")
    written(tmp_path, "a/Dockerfile.x")
    types = repository.read(tmp_path).types
    assert [(one.name, one.dockerfile, one.manifest) for one in types] == [
        ("crm", "Dockerfile.crm", "pyproject.crm.toml"),
        ("dbt", "Dockerfile.dbt", ""),
        ("mail", "", "pyproject.mail.toml"),
    ]


def test_all_files_and_links_are_read_as_far_as_they_are_text(tmp_path: Path) -> None:
    written(tmp_path, "Dockerfile.crm", "dags/a.py")
    (tmp_path / "dags" / "b.py").symlink_to("a.py")
    (tmp_path / "dags" / "crm").symlink_to("nowhere")
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    (tmp_path / "pyproject.crm.toml").write_bytes(b"\xef\xbb\xbf[project]\r\nname = 'crm'\r\n")  # of Windows
    old = repository.read(tmp_path)
    texts = {"Dockerfile.crm", "dags/a.py", "pyproject.crm.toml"}
    assert (old.texts.keys(), old.files) == (texts, texts | {"dags/b.py", "dags/crm", "binary"})


def test_everything_that_forbids_an_adoption_is_reported_at_once(tmp_path: Path) -> None:
    written(
        tmp_path,
        "Dockerfile.My_Type_",
        "Dockerfile.crm",
        f"Dockerfile.{LONG}",
        text="FROM apache/airflow:3\n",
    )
    written(tmp_path, "images/crm/pyproject.toml", "ADOPTED.md")
    written(tmp_path, "pyproject.mail.toml", text="[project]\nname =\n")
    (tmp_path / "Dockerfile.dbt").write_bytes("FROM x".encode("utf-16"))
    expected = {
        "Dockerfile.My_Type_: 'My_Type_' can't be part of an image's name",
        f"Dockerfile.{LONG}: {LONG!r} has 101 characters; the limit for a DAG type's name is 100: rename",
        "the DAG type 'crm' exists already: images/crm/pyproject.toml: nothing is overwritten",
        "pyproject.mail.toml:2: invalid TOML",
        "Dockerfile.dbt: not UTF-8",
        "ADOPTED.md: exists already",
    }
    problems = refused(tmp_path)
    assert len(problems) == len(expected)
    assert not [part for part in expected if not any(part in problem for problem in problems)]


def test_a_repository_without_old_files_is_refused(tmp_path: Path) -> None:
    (message,) = refused(tmp_path)
    assert message.startswith("nothing to adopt: expected Dockerfile.<type> or pyproject.<type>.toml")


def test_dockerfiles_of_other_things_are_no_types_and_named(tmp_path: Path) -> None:
    written(
        tmp_path, "Dockerfile.connect", "pyproject.connect.toml", text="FROM confluentinc/cp-kafka-connect\n"
    )
    (message,) = refused(tmp_path)
    assert "Dockerfile.connect has no Airflow (FROM confluentinc/cp-kafka-connect)" in message
    written(tmp_path, "Dockerfile.crm")
    old = repository.read(tmp_path)
    assert [one.name for one in old.types] == ["crm"]
    (note,) = repository.left_alone(old)
    assert (note.file, note.todo) == ("Dockerfile.connect", False)


def test_a_backup_is_no_type(tmp_path: Path) -> None:
    backups = [f"Dockerfile.crm{end}" for end in (".bak", ".old", ".orig", ".tmp", "~")]
    written(tmp_path, "Dockerfile.crm", *backups, text="FROM apache/airflow:3\n")
    reason = "its name is that of a backup, not of a DAG type: rename or remove the file"
    assert refused(tmp_path) == tuple(f"{path}: {reason}" for path in backups)


@pytest.mark.parametrize("path", ["images", "images/crm"])
def test_a_file_in_place_of_a_folder_is_reported_once(tmp_path: Path, path: str) -> None:
    written(tmp_path, "Dockerfile.crm", "Dockerfile.mail", path, text="FROM apache/airflow:3\n")
    (message,) = refused(tmp_path)
    assert message.startswith(f"{path}: is a file where a folder would be made")
