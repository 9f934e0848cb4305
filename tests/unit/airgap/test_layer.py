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
    """A layer of all files below a root, written into memory."""

    def __init__(self, root: Path, time: int = _TIME) -> None:
        target = io.BytesIO()
        self.diff_id, self.digest, self.size = write_tar_gzip(target, files_of(root), time)
        self.data = target.getvalue()
        self.tar = gzip.decompress(self.data)

        self.contents: dict[str, bytes] = {}
        with tarfile.open(fileobj=io.BytesIO(self.tar)) as archive:
            self.entries = archive.getmembers()
            for entry in self.entries:
                if file := archive.extractfile(entry) if entry.isreg() else None:
                    self.contents[entry.name] = file.read()


def _fill(root: Path, files: dict[tuple[str, ...], bytes]) -> dict[str, bytes]:
    """Write the files; where one would be another's folder, the first stays. Return those that exist."""
    written: dict[str, bytes] = {}
    root.mkdir(exist_ok=True)
    for parts, content in files.items():
        path = root.joinpath(*parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError:
            continue
        written["/".join(parts)] = content
    return written


@given(files=st.dictionaries(st.lists(_names, min_size=1, max_size=3).map(tuple), _contents, max_size=6))
def test_any_tree_comes_back_sorted_and_with_true_digests(
    tmp_path_factory: pytest.TempPathFactory, files: dict[tuple[str, ...], bytes]
) -> None:
    root = tmp_path_factory.mktemp("tree") / "root"
    written = _fill(root, files)
    layer = Written(root)
    assert layer.diff_id == hashlib.sha256(layer.tar).hexdigest()
    assert layer.digest == hashlib.sha256(layer.data).hexdigest()
    assert layer.size == len(layer.data)
    names = [entry.name for entry in layer.entries]
    assert names == sorted(names)
    assert layer.contents == written


def test_only_names_modes_and_contents_decide_the_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = bytes(range(256)) * 20_000
    one = _fill(tmp_path / "one", {("a", "x"): b"1", ("b",): big})
    other = _fill(tmp_path / "two", {("b",): big, ("a", "x"): b"1"})
    os.utime(tmp_path / "two" / "b", (1, 1))
    (tmp_path / "two" / "a" / "x").read_bytes()
    assert one == other
    data = Written(tmp_path / "one").data
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert Written(tmp_path / "two").data == data


def test_entries_are_normalised_links_kept_and_pipes_left_out(tmp_path: Path) -> None:
    _fill(tmp_path, {("run",): b"#!/bin/sh\n"})
    (tmp_path / "run").chmod(0o755)
    (tmp_path / "same").hardlink_to(tmp_path / "run")
    (tmp_path / "soft").symlink_to("/nowhere/a")
    os.mkfifo(tmp_path / "pipe")
    entry, hard, soft = Written(tmp_path).entries
    assert (entry.name, entry.mtime, entry.uname, entry.gname, entry.mode) == ("run", _TIME, "", "", 0o755)
    assert (entry.uid, entry.gid) == (os.getuid(), os.getgid())
    assert (hard.type, hard.linkname) == (tarfile.LNKTYPE, "run")
    assert (soft.type, soft.linkname) == (tarfile.SYMTYPE, "/nowhere/a")
    assert Written(tmp_path).data[4:8] == bytes(4)  # gzip's own time
    assert {entry.mtime for entry in Written(tmp_path, time=5).entries} == {5}


def test_blocks_are_compressed_with_a_view_of_the_one_before(tmp_path: Path) -> None:
    piece = hashlib.shake_256(b"noise").digest(30_000)
    _fill(tmp_path, {("repeated",): piece * 150, ("zeros",): bytes(5_000_000)})  # more than four blocks
    assert Written(tmp_path).size < 3 * len(piece) + 50_000


def test_files_are_chosen_by_name_and_by_what_the_layer_below_has(tmp_path: Path) -> None:
    below, root = tmp_path / "below", tmp_path / "root"
    _fill(below, {("same",): b"1", ("content",): b"old", ("mode",): b"", ("folder", "x"): b""})
    _fill(root, {("same",): b"1", ("content",): b"new", ("mode",): b"", ("folder", "x"): b"", ("new",): b""})
    (root / "mode").chmod(0o700)
    (below / "link").symlink_to("same")
    (root / "link").symlink_to("content")
    assert [name for name, _ in files_of(root, below=below)] == ["content", "link", "mode", "new"]
    assert [name for name, _ in files_of(root, where=lambda name: name.startswith("fold"))] == [
        "folder",
        "folder/x",
    ]
    (root / "same").unlink()
    with pytest.raises(AirgapError, match=r"root/same is missing, but .*below"):
        list(files_of(root, below=below))
