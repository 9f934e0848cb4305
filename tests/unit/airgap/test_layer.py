"""The bytes of layers: what is kept, what is left out, and that nothing else decides them."""

import gzip
import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airgap.errors import AirgapError
from airgap.layer import files_of, write_tar_gzip

_TIME = 1_766_188_800
_names = st.text(alphabet="ab-é .", min_size=1, max_size=3).filter(lambda name: name not in {".", ".."})
_large = bytes(range(256)) * 4096  # one block of compression, to the byte
_contents = st.one_of(st.binary(max_size=300), st.integers(-1, 1).map(lambda n: _large + bytes(n + 1)))


class Written:
    """A layer that was written into memory."""

    def __init__(self, root: Path, time: int = _TIME) -> None:
        """Write the layer of all files below the root."""
        target = io.BytesIO()
        self.diff_id, self.digest, self.size = write_tar_gzip(target, files_of(root), time)
        self.data = target.getvalue()
        self.tar = gzip.decompress(self.data)

    def entries(self) -> list[tarfile.TarInfo]:
        """Return the entries in the order in which they were written."""
        with tarfile.open(fileobj=io.BytesIO(self.tar)) as archive:
            return archive.getmembers()

    def content(self, name: str) -> bytes:
        """Return the bytes of one file."""
        with tarfile.open(fileobj=io.BytesIO(self.tar)) as archive:
            file = archive.extractfile(name)
            assert file is not None
            return file.read()


def _fill(root: Path, files: dict[tuple[str, ...], bytes]) -> dict[str, bytes]:
    """Write the files; where one would be another's folder, the first stays. Return what is there."""
    there: dict[str, bytes] = {}
    root.mkdir(exist_ok=True)
    for parts, content in files.items():
        path = root.joinpath(*parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError:
            continue
        there["/".join(parts)] = content
    return there


@given(files=st.dictionaries(st.lists(_names, min_size=1, max_size=3).map(tuple), _contents, max_size=6))
def test_any_tree_comes_back_sorted_and_with_true_digests(
    tmp_path_factory: pytest.TempPathFactory, files: dict[tuple[str, ...], bytes]
) -> None:
    root = tmp_path_factory.mktemp("tree") / "root"
    there = _fill(root, files)
    layer = Written(root)
    assert layer.diff_id == hashlib.sha256(layer.tar).hexdigest()
    assert layer.digest == hashlib.sha256(layer.data).hexdigest()
    assert layer.size == len(layer.data)
    names = [entry.name for entry in layer.entries()]
    assert names == sorted(names)
    assert {entry.name: layer.content(entry.name) for entry in layer.entries() if entry.isreg()} == there


def test_time_of_writing_order_and_access_change_nothing(tmp_path: Path) -> None:
    one = _fill(tmp_path / "one", {("a", "x"): b"1", ("b",): b"2"})
    other = _fill(tmp_path / "two", {("b",): b"2", ("a", "x"): b"1"})
    os.utime(tmp_path / "two" / "b", (1, 1))
    (tmp_path / "two" / "a" / "x").read_bytes()
    assert one == other
    assert Written(tmp_path / "one").data == Written(tmp_path / "two").data


def test_the_number_of_processors_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill(tmp_path / "root", {("big",): bytes(range(256)) * 20_000})
    many = Written(tmp_path / "root").data
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert Written(tmp_path / "root").data == many


def test_entries_are_normalised(tmp_path: Path) -> None:
    _fill(tmp_path, {("run",): b"#!/bin/sh\n"})
    (tmp_path / "run").chmod(0o755)
    (entry,) = Written(tmp_path).entries()
    assert (entry.mtime, entry.uname, entry.gname, entry.mode) == (_TIME, "", "", 0o755)
    assert (entry.uid, entry.gid) == (os.getuid(), os.getgid())
    assert Written(tmp_path).data[4:8] == bytes(4)  # gzip's own time


def test_the_time_given_is_the_time_written(tmp_path: Path) -> None:
    _fill(tmp_path, {("f",): b""})
    assert [entry.mtime for entry in Written(tmp_path, time=5).entries()] == [5]


def test_links_are_kept_as_links(tmp_path: Path) -> None:
    _fill(tmp_path, {("a",): b"content"})
    (tmp_path / "hard").hardlink_to(tmp_path / "a")
    (tmp_path / "soft").symlink_to("/nowhere/a")
    found = {entry.name: (entry.type, entry.linkname) for entry in Written(tmp_path).entries()}
    assert found["hard"] == (tarfile.LNKTYPE, "a")
    assert found["soft"] == (tarfile.SYMTYPE, "/nowhere/a")


def test_pipes_and_sockets_are_left_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    _fill(tmp_path, {("file",): b""})
    assert [entry.name for entry in Written(tmp_path).entries()] == ["file"]


def test_gzip_compresses(tmp_path: Path) -> None:
    _fill(tmp_path, {("zeros",): bytes(5_000_000)})
    assert Written(tmp_path).size < 50_000


def test_blocks_are_compressed_with_a_view_of_the_one_before(tmp_path: Path) -> None:
    piece = hashlib.shake_256(b"noise").digest(30_000)
    _fill(tmp_path, {("repeated",): piece * 150})  # more than four blocks
    assert Written(tmp_path).size < 3 * len(piece)


def test_only_what_differs_from_the_layer_below_is_given(tmp_path: Path) -> None:
    below, root = tmp_path / "below", tmp_path / "root"
    _fill(below, {("same",): b"1", ("content",): b"old", ("mode",): b"", ("folder", "x"): b""})
    _fill(root, {("same",): b"1", ("content",): b"new", ("mode",): b"", ("folder", "x"): b"", ("new",): b""})
    (root / "mode").chmod(0o700)
    (below / "link").symlink_to("same")
    (root / "link").symlink_to("content")
    assert [name for name, _ in files_of(root, below=below)] == ["content", "link", "mode", "new"]


def test_a_file_that_the_layer_below_has_must_not_be_gone(tmp_path: Path) -> None:
    _fill(tmp_path / "below", {("gone",): b""})
    _fill(tmp_path / "root", {})
    with pytest.raises(AirgapError, match=r"root/gone is missing, but .*below"):
        list(files_of(tmp_path / "root", below=tmp_path / "below"))


def test_files_are_chosen_by_name(tmp_path: Path) -> None:
    _fill(tmp_path, {("home", "a"): b"", ("usr", "b"): b""})
    chosen = files_of(tmp_path, where=lambda name: name.startswith("home"))
    assert [name for name, _ in chosen] == ["home", "home/a"]
