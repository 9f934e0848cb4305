"""The Python files that are looked at: all of dags/ and scripts/, over links too."""

import pytest

from ci.dependencies import code

from .repository import Repository


def test_python_files_of_both_trees_are_read(repository: Repository) -> None:
    repository.write("dags/a/dag.py", "import a")
    repository.write("scripts/b/deep/x.py", "import b")
    for path in ("dags/a/notes.txt", "images/a/tool.py", "tests/x.py"):
        repository.write(path)
    (repository.root / "dags/a/folder.py").mkdir()
    (repository.root / "dags/a/dead.py").symlink_to("nothing.py")
    (repository.root / "dags/a/latin.py").write_bytes(b"x = '\xe9'")
    assert code.read(repository.root) == {
        "dags/a/dag.py": "import a",
        "dags/a/latin.py": "x = '\ufffd'",
        "scripts/b/deep/x.py": "import b",
    }


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xef\xbb\xbfimport a", "import a"),
        (b"# coding: latin-1\nx = '\xe9'", "# coding: latin-1\nx = '\xe9'"),
        (
            b"#!/bin/python\n# -*- coding: cp1252 -*-\n'\x80'",
            "#!/bin/python\n# -*- coding: cp1252 -*-\n'\u20ac'",
        ),
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
    assert code.read(repository.root) == {"dags/a.py": text}


def test_links_are_followed_and_circles_are_not(repository: Repository) -> None:
    repository.write("dags/shared/x.py")
    repository.write("dags/a/dag.py")
    (repository.root / "dags/a/linked").symlink_to("../shared")
    (repository.root / "dags/a/file.py").symlink_to("../shared/x.py")
    (repository.root / "dags/a/loop").symlink_to("../a")
    (repository.root / "dags/a/self").symlink_to("self")
    assert set(code.read(repository.root)) == {
        "dags/a/dag.py",
        "dags/a/file.py",
        "dags/a/linked/x.py",
        "dags/shared/x.py",
    }


def test_a_repository_without_scripts_is_fine(repository: Repository) -> None:
    repository.write("dags/a.py")
    assert set(code.read(repository.root)) == {"dags/a.py"}
