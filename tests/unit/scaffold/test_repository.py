"""What a repository has to adopt, and what stands against it, all at once."""

from pathlib import Path

import pytest

from ci.errors import ConfigurationError
from ci.starting import old

from .repository import Repository


def refused(tmp_path: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        old.read(tmp_path)
    return caught.value.problems


def test_types_are_found_by_their_files(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    for path in ("Dockerfile.crm", "pyproject.crm.toml", "pyproject.mail.toml", "Dockerfile.dbt"):
        repository.write(path)
    for path in (
        "Dockerfile",
        "Dockerfile.base",
        "Dockerfile.crm.dockerignore",
        "pyproject.toml",
        "a/Dockerfile.x",
    ):
        repository.write(path)
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    found = old.read(tmp_path)
    assert [(each.name, each.dockerfile, each.manifest) for each in found.types] == [
        ("crm", "Dockerfile.crm", "pyproject.crm.toml"),
        ("dbt", "Dockerfile.dbt", ""),
        ("mail", "", "pyproject.mail.toml"),
    ]
    assert "a/Dockerfile.x" in found.files
    assert "binary" in found.files
    assert "binary" not in found.texts


def test_nothing_to_adopt_is_told_with_what_was_looked_for(tmp_path: Path) -> None:
    (told,) = refused(tmp_path)
    assert told.startswith(
        "there is nothing to adopt: looked for Dockerfile.<type> and pyproject.<type>.toml"
    )


def test_all_that_stands_against_it_is_told_at_once(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.write("Dockerfile.My_Type_", "FROM x\n")
    repository.write("Dockerfile.crm", "FROM x\n")
    repository.write("images/crm/pyproject.toml")
    repository.write("pyproject.mail.toml", "[project]\nname =\n")
    (tmp_path / "Dockerfile.dbt").write_bytes("FROM x".encode("utf-16"))
    repository.write("ADOPTED.md", "mine")
    told = refused(tmp_path)
    assert len(told) == 5
    for part in (
        "Dockerfile.My_Type_: 'My_Type_' is no name for an image",
        "there is a DAG type 'crm' already: images/crm/pyproject.toml: nothing is overwritten",
        "pyproject.mail.toml:2: is no TOML",
        "Dockerfile.dbt: is not UTF-8",
        "ADOPTED.md: is there already",
    ):
        assert any(part in each for each in told)


def test_files_of_windows_are_read_as_others(tmp_path: Path) -> None:
    (tmp_path / "pyproject.crm.toml").write_bytes(b"\xef\xbb\xbf[project]\r\nname = 'crm'\r\n")
    (found,) = old.read(tmp_path).types
    assert found.name == "crm"


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    name = "a" * 101
    Repository(tmp_path).write(f"Dockerfile.{name}", "FROM x\n")
    (told,) = refused(tmp_path)
    rule = "has 101 characters, where a DAG type's name may have 100"
    assert told == f"Dockerfile.{name}: {name!r} {rule}: rename the file"


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
def test_a_copy_of_a_file_is_no_type(tmp_path: Path, path: str) -> None:
    repository = Repository(tmp_path)
    repository.write("Dockerfile.crm", "FROM x\n")
    repository.write(path, "FROM x\n")
    (told,) = refused(tmp_path)
    assert told.startswith(f"{path}: is by its name a copy")
    assert told.endswith("rename or remove the file")


def test_a_link_is_a_file_without_a_text(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.write("Dockerfile.crm", "FROM x\n")
    repository.write("dags/a.py", "x = 1\n")
    (tmp_path / "dags" / "b.py").symlink_to("a.py")
    (tmp_path / "dags" / "crm").symlink_to("nowhere")
    found = old.read(tmp_path)
    assert found.files == {"Dockerfile.crm", "dags/a.py", "dags/b.py", "dags/crm"}
    assert set(found.texts) == {"Dockerfile.crm", "dags/a.py"}


@pytest.mark.parametrize("place", ["images", "images/crm"])
def test_a_file_where_a_folder_would_be_is_told_once(tmp_path: Path, place: str) -> None:
    repository = Repository(tmp_path)
    for name in ("crm", "mail"):
        repository.write(f"Dockerfile.{name}", "FROM x\n")
    repository.write(place, "mine")
    (told,) = refused(tmp_path)
    assert told.startswith(f"{place}: is a file where a folder would be made")
