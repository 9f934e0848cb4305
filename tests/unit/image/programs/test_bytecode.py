"""Byte code: the same bytes in every process, which agree with their source and belong to its owner."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ci.image.programs import bytecode

from ...programs import script

# Sets are ordered by hash; names of one file are strings in another.
SOURCES = {
    "a.py": "class Kind:\n    class Inner:\n        def run(x):\n            return x in {'p', 'q', 1.5}\n",
    "b.py": "NAMES = ['Kind.Inner', 'Kind.Inner.run', 'a b']\nOTHERS = frozenset({'x', 'y', 'Kind.Inner'})\n",
    "folder/c.py": "print('Kind.Inner' in {'Kind.Inner', 'x y', 'z'})\n",
}


def written(root: Path, names: list[str], seed: str = "0") -> dict[str, bytes]:
    """Write the byte code of files, in a process with a hash seed, and return it by name."""
    pairs = [(str(root / name), f"/opt/{name}") for name in names]
    program = [sys.executable, "-S", "-B", bytecode.__file__, "write"]  # without -I, which ignores the seed
    env = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        program, input=json.dumps(pairs), env=env, check=True, capture_output=True, text=True
    )
    return {path: Path(file).read_bytes() for file, path in json.loads(done.stdout)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a folder with sources."""
    root = tmp_path / "root"
    for name, text in SOURCES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_bytes_depend_on_the_file_alone(root: Path) -> None:
    first = written(root, list(SOURCES), seed="1")
    tag = sys.implementation.cache_tag
    assert sorted(first) == [f"/opt/__pycache__/{name}.{tag}.pyc" for name in "ab"] + [
        f"/opt/folder/__pycache__/c.{tag}.pyc"
    ]
    assert written(root, list(SOURCES)[::-1], seed="2") == first
    for name in SOURCES:
        assert written(root, [name], seed="3").items() <= first.items()


def test_python_loads_it_until_its_source_changes(root: Path) -> None:
    (root / "m.py").write_text("print('compiled')")
    written(root, ["m.py"])
    os.utime(root / "m.py", (0, 0))

    def imported() -> tuple[str, bool]:
        command = [sys.executable, "-v", "-c", "import m"]
        done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
        return done.stdout, f"matches {root}/m.py" in done.stderr

    assert imported() == ("compiled\n", True)
    (root / "m.py").write_text("print('patched!')")  # of the same size
    assert imported() == ("patched!\n", False)


def test_it_has_the_owner_and_permissions_of_its_source_and_replaces_that_of_others(root: Path) -> None:
    file, cached = root / "a.py", Path(importlib.util.cache_from_source(str(root / "a.py")))
    cached.parent.mkdir()
    cached.write_bytes(b"a user's")
    file.chmod(0o664)
    root.chmod(0o775)
    written(root, ["a.py"])
    assert cached.read_bytes() != b"a user's"
    assert (cached.stat().st_mode & 0o777, cached.parent.stat().st_mode & 0o777) == (0o664, 0o775)
    assert (cached.stat().st_uid, cached.stat().st_gid) == (file.stat().st_uid, file.stat().st_gid)


@pytest.mark.parametrize(
    "text", [b"print 'x'", b"\xff\xfe", b"{{ cookiecutter.name }} = {% raw %}", b"x = '\0'"]
)
def test_what_no_python_compiles_is_passed_over(root: Path, text: bytes) -> None:
    (root / "template.py").write_bytes(text)
    assert list(written(root, ["template.py", "a.py"])) == [
        f"/opt/__pycache__/a.{sys.implementation.cache_tag}.pyc"
    ]


def test_a_file_that_cannot_be_written_ends_it(root: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        written(root, ["missing.py"])
    assert "/opt/missing.py: FileNotFoundError" in failed.value.stderr


def test_the_base_gets_what_it_lacks(root: Path) -> None:
    written(root, ["a.py"])
    sources = bytecode.of_all(str(root.parent)) & {str(root / name) for name in SOURCES}
    assert not sources  # they aren't below lib
    root.rename(root.parent / "lib")
    sources = {file for file in bytecode.of_all(str(root.parent)) if file.startswith(str(root.parent))}
    assert sources == {str(root.parent / "lib" / name) for name in SOURCES}
    tag = sys.implementation.cache_tag
    lib = root.parent / "lib"
    assert bytecode.write_base(sources) == [
        *(f"{lib}/__pycache__/b.{tag}.pyc", f"{lib}/folder/__pycache__"),
        f"{lib}/folder/__pycache__/c.{tag}.pyc",
    ]


def test_a_start_gives_the_files_that_its_processes_compiled(tmp_path: Path) -> None:
    tag = sys.implementation.cache_tag
    python = script(
        tmp_path / "python",
        f'test -z "$PYTHONDONTWRITEBYTECODE" && test "$AIRFLOW__CORE__DAGS_FOLDER" = "$2/dags" || exit 3\n'
        f'cd "$PYTHONPYCACHEPREFIX/.." && mkdir -p cache/usr/lib "cache/$2/dags"\n'
        f'touch cache/usr/lib/my.module.{tag}.pyc "cache/$2/dags/start.{tag}.pyc"',
    )
    assert bytecode.of_a_start(python) == {"/usr/lib/my.module.py"}


def test_a_base_in_which_no_task_starts_is_refused_with_what_to_do(tmp_path: Path) -> None:
    python = script(tmp_path / "python", "echo no airflow >&2; exit 1")
    with pytest.raises(
        SystemExit, match=r"no airflow(.|\n)*can't be started(.|\n)*bytecode = \"all\" or \"none\""
    ):
        bytecode.of_a_start(python)
