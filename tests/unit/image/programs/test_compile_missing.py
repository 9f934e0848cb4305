"""Byte code of what has none that fits its text."""

import importlib.util
import sys
from pathlib import Path

import pytest

from ci.image.programs import compile_missing


@pytest.mark.parametrize("edited", ["text", "nothing"])
def test_only_what_has_no_fitting_byte_code_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edited: str
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "cache"))
    source = tmp_path / "a.py"
    source.write_text("x = 1\n")
    compile_missing.compile_missing(str(source))
    target = Path(importlib.util.cache_from_source(str(source)))
    first = target.stat().st_mtime_ns, target.read_bytes()
    if edited == "text":
        source.write_text("x = 2\n")
    compile_missing.compile_missing(str(source))
    again = target.stat().st_mtime_ns, target.read_bytes()
    assert (again == first) is (edited == "nothing")
    # Checked by the hash of the source.
    assert again[1][4:16] == b"\3\0\0\0" + importlib.util.source_hash(source.read_bytes())


def test_a_file_for_another_python_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "cache"))
    (tmp_path / "old.py").write_text("print 'x'\n")
    (tmp_path / "new.py").write_text("x = 1\n")
    compile_missing.main([str(tmp_path)])
    assert [path.name.split(".")[0] for path in (tmp_path / "cache").rglob("*.pyc")] == ["new"]
