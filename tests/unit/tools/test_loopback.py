"""The file that the engine reads defaults from is there while a tunnel is opened, and no longer."""

from pathlib import Path

import pytest

from ci.tools import loopback


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder; give the file's path."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".env"


def test_the_file_is_removed_or_restored(file: Path) -> None:
    for before in (None, "B=2\n"):
        if before:
            file.write_text(before)
        with loopback.env_file("A=1\n"):
            assert file.read_text() == "A=1\n"
        assert (file.read_text() if file.exists() else None) == before


def test_the_file_is_removed_after_a_failure(file: Path) -> None:
    with pytest.raises(OSError, match="no session"), loopback.env_file("A=1\n"):
        raise OSError("no session")
    assert not file.exists()
