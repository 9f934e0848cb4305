"""The Python files that are looked at: all of dags/ and scripts/, over links too."""

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from ci.checks.imports import files

from ...repository import Repository


def test_python_files_of_both_trees_are_read(repository: Repository) -> None:
    repository.write("dags/a/dag.py", "import a")
    repository.write("scripts/b/deep/x.py", "import b")
    for path in ("dags/a/notes.txt", "images/a/tool.py", "tests/x.py"):
        repository.write(path)
    (repository.root / "dags/a/folder.py").mkdir()
    (repository.root / "dags/a/dead.py").symlink_to("nothing.py")
    (repository.root / "dags/a/latin.py").write_bytes(b"x = '\xe9'")
    assert files.read(repository.root) == {
        "dags/a/dag.py": "import a",
        "dags/a/latin.py": "x = '\ufffd'",
        "scripts/b/deep/x.py": "import b",
    }


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xef\xbb\xbfimport a", "import a"),
        (b"# coding: latin-1\nx = '\xe9'", "# coding: latin-1\nx = '\xe9'"),
        (b"#!/x\n# -*- coding: cp1252 -*-\n'\x80'", "#!/x\n# -*- coding: cp1252 -*-\n'\u20ac'"),
        (b"import a\r\nx = '\xc3\xa9'\r\n", "import a\nx = '\xe9'\n"),
        (b"# coding: nonsense\nx = '\xe9'", "# coding: nonsense\nx = '\ufffd'"),
        (b"# coding: rot13\nx = 1", "# coding: rot13\nx = 1"),
        (b"# coding: undefined\nx = 1", "# coding: undefined\nx = 1"),
        (b"\xef\xbb\xbf# coding: latin-1\nx", "\ufeff# coding: latin-1\nx"),
        (b"x = 1\n\nx = '\xe9'", "x = 1\n\nx = '\ufffd'"),
        (b"\0", "\0"),
        (b"", ""),
    ],
)
def test_a_file_is_decoded_as_python_does(repository: Repository, content: bytes, text: str) -> None:
    repository.write("dags/a.py")
    (repository.root / "dags/a.py").write_bytes(content)
    assert files.read(repository.root) == {"dags/a.py": text}


def test_links_are_followed_and_circles_are_not(repository: Repository) -> None:
    repository.write("dags/shared/x.py")
    repository.write("dags/a/dag.py")
    (repository.root / "dags/a/linked").symlink_to("../shared")
    (repository.root / "dags/a/file.py").symlink_to("../shared/x.py")
    (repository.root / "dags/a/loop").symlink_to("../a")
    (repository.root / "dags/a/self").symlink_to("self")
    assert set(files.read(repository.root)) == {
        "dags/a/dag.py",
        "dags/a/file.py",
        "dags/a/linked/x.py",
        "dags/shared/x.py",
    }


def pack(file: Path, members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", method) as packed:
        for name, content in members.items():
            packed.writestr(name, content)


def test_files_in_archives_of_dags_are_read(repository: Repository) -> None:
    others = ("notes.txt", "folder.py/", "/rooted.py", "../up.py", "a/../../up.py", "new\nline.py", "m.pyc")
    members = {"dag.py": b"# coding: latin-1\nx = '\xe9'", "pack/deep/m.py": b"import b\r\n"}
    members |= dict.fromkeys(others, b"")
    pack(repository.root / "dags/a/packed.zip", members)
    pack(repository.root / "scripts/a/packed.zip", members)
    pack(repository.root / "dags/a/packed.whl", members)
    (repository.root / "dags/linked.zip").symlink_to("a/packed.zip")
    assert files.read(repository.root) == {
        "dags/a/packed.zip/dag.py": "# coding: latin-1\nx = '\xe9'",
        "dags/a/packed.zip/pack/deep/m.py": "import b\n",
        "dags/linked.zip/dag.py": "# coding: latin-1\nx = '\xe9'",
        "dags/linked.zip/pack/deep/m.py": "import b\n",
    }


def test_what_is_too_long_in_an_archive_is_left_out(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MEMBER", 2**10)
    monkeypatch.setattr(files, "ARCHIVE", 2**15)
    most, all_of_them = b"#" * files.MEMBER, files.ARCHIVE // files.MEMBER
    members = {"long.py": most + b"#", **{f"m{at}.py": most for at in range(all_of_them)}, "z.py": b"#"}
    pack(repository.root / "dags/packed.zip", members)
    assert set(files.read(repository.root)) == {f"dags/packed.zip/m{at}.py" for at in range(all_of_them)}


def spoilt(content: bytes, at: int) -> bytes:
    """Return the content with another byte at a position."""
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_no_damage_to_an_archive_is_a_crash(repository: Repository, method: int) -> None:
    file = repository.root / "dags/packed.zip"
    pack(file, {"a.py": b"import a\n" * 9, "b.py": b"import b\n" * 9}, method)
    whole = file.read_bytes()
    repository.write("dags/dag.py", "import c")
    shortened = [whole[:end] for end in range(0, len(whole), 7)]
    for damaged in (*shortened, *(spoilt(whole, at) for at in range(len(whole)))):
        file.write_bytes(damaged)
        assert files.read(repository.root)["dags/dag.py"] == "import c"


def test_an_archive_that_understates_a_file_gives_no_more_of_it(repository: Repository) -> None:
    file = repository.root / "dags/packed.zip"
    pack(file, {"a.py": b"#" * 5000})
    file.write_bytes(file.read_bytes().replace(struct.pack("<I", 5000), struct.pack("<I", 10)))
    assert all(len(text) <= 10 for text in files.read(repository.root).values())
