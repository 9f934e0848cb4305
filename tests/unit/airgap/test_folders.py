"""Digests of inputs, mount tables, and the removal of folders."""

from pathlib import Path

import pytest

from airgap.folders import cache_folder, digest_of, mounts_under, remove_tree


def test_the_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "airflow-images"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == Path.home() / ".cache" / "airflow-images"


def test_a_digest_depends_on_names_contents_and_executability(tmp_path: Path) -> None:
    assert digest_of("ab", "c") != digest_of("a", "bc")
    assert digest_of("ab") == digest_of(b"ab")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "one").write_text("1")
    before = digest_of(folder)
    (folder / "one").chmod(0o755)
    executable = digest_of(folder)
    (folder / "one").write_text("2")
    changed = digest_of(folder)
    (folder / "one").rename(folder / "two")
    assert len({before, executable, changed, digest_of(folder)}) == 4
    # But not on byte code, or on where the folder lies.
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "module.py").write_text("x = 1")
    (tmp_path / "b" / "__pycache__").mkdir()
    (tmp_path / "b" / "__pycache__" / "module.pyc").write_text("compiled")
    assert digest_of(tmp_path / "a") == digest_of(tmp_path / "b")


def test_mounts_are_listed_deepest_first_and_unescaped() -> None:
    table = (
        "1 0 8:1 / / rw - ext4 /dev/a rw\n"
        "2 1 0:5 / /cache/a\\040b rw - proc proc rw\n"
        "3 2 0:6 / /cache/a\\040b/deep rw - tmpfs tmpfs rw\n"
        "4 1 0:7 / /cached rw - tmpfs tmpfs rw\n"
    )
    assert mounts_under(Path("/cache"), table) == [Path("/cache/a b/deep"), Path("/cache/a b")]


def test_removing_a_folder_leaves_what_its_links_lead_to(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "kept")
    for name in ("folder", "nothing"):
        remove_tree(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
