"""A layer of the changes of a command: new, changed and removed files, and nothing else."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.image.programs import capture
from ci.image.programs.capture import pack_changes, survey

from ...layers import AS_FOUND, Packed, lay_over, new_layer, opened

PARTS = st.sampled_from(["a", "b", "c-", "c.d"])
TREES = st.dictionaries(st.lists(PARTS, min_size=1, max_size=3).map("/".join), st.integers(0, 9), max_size=6)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a folder to watch, with something in it."""
    root = tmp_path / "root"
    (root / "bin").mkdir(parents=True)
    (root / "bin/tool").write_text("old")
    (root / "bin/other").write_text("same")
    return root


def changes(root: Path, change: Callable[[], object]) -> Packed:
    """Pack what a function changes in a folder, by the path below that folder."""
    before = survey(root)
    change()
    out = root.parent / "out"
    layer = new_layer(out, AS_FOUND)
    pack_changes(layer, before, survey(root))
    layer.close()
    return opened(out, root)


def test_a_new_file_is_packed_with_its_folder_and_a_changed_one_alone(root: Path) -> None:
    def change() -> None:
        (root / "lib").mkdir()
        (root / "lib/new").write_text("content")
        (root / "bin/tool").write_text("longer than it was")

    result = changes(root, change)
    assert list(result.members) == ["bin/tool", "lib", "lib/new"]
    assert result.contents == {"bin/tool": b"longer than it was", "lib/new": b"content"}


@pytest.mark.parametrize(("path", "mode"), [("bin/tool", 0o751), ("bin", 0o711)])
def test_a_changed_mode_is_packed_without_what_is_in_a_folder(root: Path, path: str, mode: int) -> None:
    def change() -> None:
        (root / path).chmod(mode)
        (root / "new").touch(0o600)

    result = changes(root, change)
    assert {name: member.mode for name, member in result.members.items()} == {path: mode, "new": 0o600}


def test_a_removed_file_or_folder_leaves_one_whiteout(root: Path) -> None:
    result = changes(root, (root / "bin/tool").unlink)
    assert {name: member.size for name, member in result.members.items()} == {"bin/.wh.tool": 0}
    shutil.rmtree(root.parent / "out")
    assert list(changes(root, lambda: shutil.rmtree(root / "bin")).members) == [".wh.bin"]


def test_a_folder_that_became_a_link_has_no_whiteouts_behind_the_link(root: Path) -> None:
    def change() -> None:
        (root / "bin").rename(root / "sbin")
        (root / "bin").symlink_to("sbin")

    result = changes(root, change)
    assert list(result.members) == ["bin", "sbin", "sbin/other", "sbin/tool"]
    assert result.members["bin"].linkname == "sbin"


def test_links_keep_their_targets_and_hard_links_are_files_of_their_own(root: Path) -> None:
    links = {"absolute": "/nowhere/at/all", "folder": "bin", "relative": "bin/tool"}

    def change() -> None:
        for name, target in links.items():
            (root / name).symlink_to(target)
        (root / "one").write_text("content")
        (root / "two").hardlink_to(root / "one")

    result = changes(root, change)
    found = {name: member.linkname for name, member in result.members.items()}
    assert found == {**links, "one": "", "two": ""}
    assert result.contents == {"one": b"content", "two": b"content"}


def test_byte_code_pipes_sockets_and_what_is_the_running_containers_are_left_out(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "LITTER", (f"{root}/var/log".lstrip("/"),))
    monkeypatch.chdir(root)  # the path of a socket must be short
    files = ("__pycache__/a.cpython-313.pyc", "b.pyc", "c.pyo", "d.py", "var/log/apt/history.log", "var/logs")

    def change() -> None:
        for name in files:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("x")
        os.mkfifo("pipe")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket")

    assert list(changes(root, change).members) == ["d.py", "var", "var/logs"]


def test_a_file_with_capabilities_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def capable(_: object) -> list[str]:
        return ["security.capability"]

    monkeypatch.setattr(os, "listxattr", capable)
    layer = new_layer(root.parent / "out")
    with pytest.raises(SystemExit, match="has file capabilities"):
        layer.add(root / "bin/tool", "bin/tool")
    layer.close()


def write_tree(root: Path, tree: dict[str, int]) -> dict[str, int]:
    """Make a folder hold these files, each as long as told; what can't be beside another is left out."""
    expected = {
        path: size
        for path, size in tree.items()
        if not any(f"{path}/" in f"{other}/" for other in tree if other != path)
    }
    for path in sorted(root.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif path.is_file() and expected.get(path.relative_to(root).as_posix()) != path.stat().st_size:
            path.unlink()
    for path, size in expected.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if not (root / path).exists():
            (root / path).write_text("x" * size)
    return expected


@given(old=TREES, new=TREES)
def test_a_layer_over_the_old_files_gives_the_new_ones(old: dict[str, int], new: dict[str, int]) -> None:
    with TemporaryDirectory() as place:
        below, root = Path(place, "below"), Path(place, "root")
        root.mkdir()
        write_tree(root, old)
        shutil.copytree(root, below / str(root).lstrip("/"))
        before = survey(root)
        expected = write_tree(root, new)
        layer = new_layer(Path(place, "out"))
        pack_changes(layer, before, survey(root))
        layer.close()
        if Path(place, "out/layer.tar.gz").exists():
            lay_over(opened(Path(place, "out")), below)
        made = below / str(root).lstrip("/")
        files = {
            one.relative_to(made).as_posix(): one.stat().st_size for one in made.rglob("*") if one.is_file()
        }
        assert files == expected
