"""The differences of two layers, file by file."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from ci.image.programs.layer_diff import LIMIT, compare, entries, main


def layer(
    file: Path, *files: tuple[str, bytes], mode: int = 0o644, time: int = 0, owner: int = 50000
) -> Path:
    with tarfile.open(file, "w:gz") as made:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime, entry.uid = len(content), mode, time, owner
            made.addfile(entry, io.BytesIO(content))
    return file


def test_the_program_names_files_of_one_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = layer(tmp_path / "one", ("a", b""), ("b", b""))
    other = layer(tmp_path / "other", ("b", b""), ("c", b""))
    main([str(one), str(other)])
    lines = ["a: only in the published layer", "c: only in the rebuilt layer"]
    assert json.loads(capsys.readouterr().out) == lines


def test_content_mode_owner_and_time_are_reported_with_both_values(tmp_path: Path) -> None:
    one = layer(tmp_path / "one", ("dag.py", b"one"))
    other = layer(tmp_path / "other", ("dag.py", b"other"), mode=0o600, time=7, owner=0)
    (line,) = compare(entries(one), entries(other))
    assert line.startswith("dag.py: mode 644 → 600, owner 50000:0 → 0:0, size 3 → 5, time 0 → 7, content ")


def test_a_link_is_reported_by_its_target(tmp_path: Path) -> None:
    for name, target in (("one", "x"), ("other", "y")):
        with tarfile.open(tmp_path / name, "w:gz") as made:
            entry = tarfile.TarInfo("link")
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            made.addfile(entry)
    assert compare(entries(tmp_path / "one"), entries(tmp_path / "other")) == ["link: target x → y"]


def test_equal_entries_in_unequal_layers_are_reported_as_such(tmp_path: Path) -> None:
    one = layer(tmp_path / "one", ("a", b"1"), ("b", b"2"))
    other = layer(tmp_path / "other", ("b", b"2"), ("a", b"1"))
    assert compare(entries(one), entries(other)) == [
        "the same entries in another order, or compressed in another way"
    ]


def test_no_more_than_a_hundred_are_reported_one_by_one(tmp_path: Path) -> None:
    one = layer(tmp_path / "one", *((f"{number:03}", b"") for number in range(LIMIT + 5)))
    other = layer(tmp_path / "other")
    lines = compare(entries(one), entries(other))
    assert (len(lines), lines[-1]) == (LIMIT + 1, "and 5 more")
