"""A layer of a folder: the same bytes for the same content, whoever made it, when and in which order."""

import os
import tarfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ci.image.programs.capture import pack_tree
from ci.image.programs.layer import Stamp

from ...layers import AIRFLOW, AS_FOUND, TIME, Packed, new_layer, opened

TARGET = "opt/nowhere-in-a-base/dags"


@contextmanager
def umask(mask: int) -> Generator[None]:
    before = os.umask(mask)
    yield
    os.umask(before)


def packed(source: Path, out: Path, target: str = TARGET, stamp: Stamp = AIRFLOW) -> Packed:
    layer = new_layer(out, stamp)
    pack_tree(layer, source, target)
    layer.close()
    return opened(out)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a folder to pack."""
    source = tmp_path / "source"
    source.mkdir()
    return source


@pytest.mark.parametrize("target", ["{}", "/{}", "{}/", "/{}/"])
def test_a_tree_is_packed_from_its_target_on(source: Path, tmp_path: Path, target: str) -> None:
    (source / "api").mkdir()
    (source / "api/dag.py").write_text("code")
    result = packed(source, tmp_path / "out", target.format("usr/nowhere-in-a-base/dags"))
    place = "usr/nowhere-in-a-base"
    assert list(result.members) == [f"{place}/dags", f"{place}/dags/api", f"{place}/dags/api/dag.py"]
    assert result.contents == {f"{place}/dags/api/dag.py": b"code"}


def build(root: Path, names: list[str], mtime: int, mask: int) -> None:
    with umask(mask):
        root.mkdir()
        for name in names:
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(name)
            os.utime(root / name, (mtime, mtime))
        (root / "a/run.sh").chmod(0o700 | (0o755 & ~mask))
        (root / "link").symlink_to("a")


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    names = ["a/one.py", "a/run.sh", "a-b/two.py", "a.py", "Z.py", "ä.py"]
    build(tmp_path / "first", names, mtime=1, mask=0o022)
    build(tmp_path / "second", names[::-1], mtime=2_000_000_000, mask=0o077)
    for name in ("first", "second"):
        packed(tmp_path / name, tmp_path / f"{name}-out")
    for file in ("layer.tar.gz", "layer.json"):
        assert (tmp_path / "first-out" / file).read_bytes() == (tmp_path / "second-out" / file).read_bytes()


def test_nothing_tells_when_or_by_whom_it_was_packed(source: Path, tmp_path: Path) -> None:
    (source / "dag.py").write_text("code")
    result = packed(source, tmp_path / "out")
    for member in result.members.values():
        assert (member.mtime, member.uname, member.gname, member.pax_headers) == (TIME, "", "", {})
    header = (tmp_path / "out/layer.tar.gz").read_bytes()[:8]
    assert header[3:8] == bytes(5)  # RFC 1952: no flags, so no name; no time


def test_everything_is_airflows_and_writable_by_its_group(source: Path, tmp_path: Path) -> None:
    for name, mode in (("plain", 0o600), ("program", 0o500), ("setuid", 0o4755), ("world", 0o666)):
        (source / name).write_text("x")
        (source / name).chmod(mode)
    (source / "folder").mkdir(mode=0o700)
    (source / "folder/file").touch()
    (source / "link").symlink_to("plain")
    result = packed(source, tmp_path / "out").members
    assert {(member.uid, member.gid) for member in result.values()} == {(50000, 0)}
    modes = {name.removeprefix(f"{TARGET}/"): oct(member.mode) for name, member in result.items()}
    assert modes.items() >= {
        ("plain", "0o664"),
        ("program", "0o775"),
        ("setuid", "0o775"),
        ("world", "0o664"),
        ("folder", "0o775"),
        ("link", "0o777"),
    }


def test_without_an_owner_modes_and_owners_stay_as_found(source: Path, tmp_path: Path) -> None:
    (source / "program").write_text("x")
    (source / "program").chmod(0o4751)
    member = packed(source, tmp_path / "out", stamp=AS_FOUND).members[f"{TARGET}/program"]
    state = (source / "program").stat()
    assert (member.mode, member.uid, member.gid) == (0o4751, state.st_uid, state.st_gid)


NAMES = ("x" * 255, "Übersicht-日本.py", "line\nbreak.py", "blank and 'quote'", "-rf", ".hidden")
OF_THE_SYSTEM = ("run", "tmp", "dev", "sys", "proc", "var")
LONG = "/".join(["folder-with-a-long-name"] * 12)  # than old archives hold


def test_any_name_is_kept(source: Path, tmp_path: Path) -> None:
    files = (*NAMES, *(f"{name}/log/dag.py" for name in OF_THE_SYSTEM), f"{LONG}/dag.py")
    for name in files:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("content")
    assert packed(source, tmp_path / "out").contents == {f"{TARGET}/{name}": b"content" for name in files}


def test_a_folder_without_files_is_left_out_as_git_has_none(source: Path, tmp_path: Path) -> None:
    (source / "empty/deep").mkdir(parents=True)
    (source / "kept/deep").mkdir(parents=True)
    (source / "kept/deep/link").symlink_to("nowhere")
    names = ["", "/kept", "/kept/deep", "/kept/deep/link"]
    assert list(packed(source, tmp_path / "out").members) == [f"{TARGET}{name}" for name in names]


def test_links_are_kept_and_not_followed(source: Path, tmp_path: Path) -> None:
    (source / "real").mkdir()
    (source / "real/dag.py").write_text("x")
    (source / "link").symlink_to("real")
    (source / "dangling").symlink_to("/nowhere/at/all")
    result = packed(source, tmp_path / "out").members
    assert result[f"{TARGET}/link"].type == tarfile.SYMTYPE
    assert result[f"{TARGET}/dangling"].linkname == "/nowhere/at/all"
    assert f"{TARGET}/link/dag.py" not in result


def test_a_folder_stands_before_what_is_in_it(source: Path, tmp_path: Path) -> None:
    for name in ("a/x.py", "a-b/x.py", "a.b/x.py"):
        (source / name).parent.mkdir()
        (source / name).write_text("x")
    names = list(packed(source, tmp_path / "out").members)
    for name in names:
        parent = name.rpartition("/")[0]
        assert parent not in names or names.index(parent) < names.index(name)
