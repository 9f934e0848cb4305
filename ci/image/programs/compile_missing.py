"""Compile the modules of folders, and of Python itself, whose byte code is missing or that of another text.

    compile_missing.py /home/airflow/.local/lib      into the folder that PYTHONPYCACHEPREFIX names

The standard library's compileall compiles all again where byte code is checked by hash, as it is here.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import py_compile
import sys
import sysconfig
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

CHECKED = py_compile.PycInvalidationMode.CHECKED_HASH  # all files of an image have the same time
HASH = slice(8, 16)  # of byte code, that of its source: PEP 552
CHUNK = 64  # files that a process takes at once


def compile_missing(path: str) -> None:
    """Compile a module, unless its byte code is that of its text."""
    target = Path(importlib.util.cache_from_source(path))
    if target.exists() and target.read_bytes()[HASH] == importlib.util.source_hash(Path(path).read_bytes()):
        return
    with contextlib.suppress(py_compile.PyCompileError):  # some packages have files for other Pythons
        py_compile.compile(path, doraise=True, invalidation_mode=CHECKED)


def main(folders: list[str]) -> None:
    """Compile on all CPUs."""
    paths = [str(path) for folder in folders for path in sorted(Path(folder).rglob("*.py"))]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(compile_missing, paths, chunksize=CHUNK))


if __name__ == "__main__":
    main([sysconfig.get_path("stdlib"), *sys.argv[1:]])
