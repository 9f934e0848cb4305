"""Write byte code beside Python files, and list what was written.

    bytecode.py base start|all /home/airflow/.local LIST < /dev/null
    bytecode.py write < PAIRS > WRITTEN

``base`` is for the files that the start of a task loads, or for all of the environment and the standard
library, as far as they have none; LIST gets the written paths, as JSON. ``write`` is for the files in PAIRS,
in JSON [[file, its path in the image], …]; WRITTEN has the same of their byte code.

The same file gives the same bytes, whichever others are compiled: byte code depends on the strings that a
process already has, so that each file is compiled in a fork of a process that has compiled nothing. Byte code
is checked against the hash of its source: it fits whatever times the files get, and who patches a source in
an image above ours runs the patched one. Files that this Python can't compile are passed over, as compileall
does. Runs in the base image, under its Python (3.9 or later), with -S: no package changes the process.
"""

from __future__ import annotations

import gc
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
import warnings
from importlib.util import cache_from_source
from pathlib import Path

Pairs = list[tuple[str, str]]
CLEAN = (sys.executable, "-I", "-S", "-B", __file__)
TASK_START = str(Path(__file__).with_name("task_start.py"))
# A slow machine takes the time that it needs, so that every machine finds the same files.
PATIENCE = {"AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "3600"}


def of_a_start(python: str) -> set[str]:
    """Return the files that a Python compiles when a task is started; exit if none can be started."""
    with tempfile.TemporaryDirectory() as scratch:
        cache = Path(scratch, "cache")
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        # All processes of the task write the byte code of what they import into this folder.
        env |= {"PYTHONPYCACHEPREFIX": str(cache), "PYTHONHASHSEED": "0", **PATIENCE}
        env["AIRFLOW__CORE__DAGS_FOLDER"] = f"{scratch}/dags"
        command = [python, TASK_START, scratch]
        done = subprocess.run(  # noqa: S603 - a program of this module
            command, check=False, cwd=scratch, env=env, capture_output=True, text=True
        )
        if done.returncode:
            remedy = 'write bytecode = "all" or "none" into [tool.airflow-images]'
            sys.exit(
                f"{done.stdout[-2000:]}{done.stderr[-4000:]}\na task can't be started in the base: {remedy}"
            )
        end = f".{sys.implementation.cache_tag}.pyc"
        compiled = [f"/{path.relative_to(cache)}"[: -len(end)] for path in cache.rglob(f"*{end}")]
        return {f"{name}.py" for name in compiled if not name.startswith(scratch)}


def of_all(environment: str) -> set[str]:
    """Return the Python files of an environment and of the standard library."""
    folders = (Path(environment, "lib"), Path(os.__file__).parent)
    return {str(path) for folder in folders for path in folder.rglob("*.py")}


def write_base(sources: set[str]) -> list[str]:
    """Write the byte code of files that have none, and return the written paths, with new folders."""
    missing = [file for file in sorted(sources) if not Path(cache_from_source(file)).exists()]
    new = {Path(cache_from_source(file)).parent for file in missing}
    new = {folder for folder in new if not folder.exists()}
    files = [Path(file) for file, _ in compiled([(file, file) for file in missing])]
    return sorted(map(str, {*files, *(new & {file.parent for file in files})}))


def compiled(pairs: Pairs) -> Pairs:
    """Return what ``write`` does, in a process of its own: the caller's has compiled and imported others."""
    done = subprocess.run(  # noqa: S603 - this program
        [*CLEAN, "write"], check=True, input=json.dumps(pairs), stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


def write(pairs: Pairs) -> Pairs:
    """Write the byte code of files that have a path in an image, and return the same of what was written."""
    running: dict[int, tuple[str, str]] = {}
    written: Pairs = []

    def wait() -> None:
        pid, status = os.wait()
        pair = running.pop(pid)
        if status:
            sys.exit(f"{pair[1]}: can't write its byte code")
        if Path(pair[0]).exists():
            written.append(pair)

    for file, path in pairs:
        if len(running) == (os.cpu_count() or 1):
            wait()
        target = cache_from_source(file)
        pid = os.fork()
        if not pid:
            _write_and_exit(file, path, target)
        running[pid] = (target, cache_from_source(path))
    while running:
        wait()
    return sorted(written)


def _write_and_exit(file: str, path: str, target: str) -> None:
    code = 1
    try:
        folder = Path(target).parent
        folder.mkdir(exist_ok=True)
        _share(Path(file).parent, folder)
        Path(target).unlink(missing_ok=True)  # a user's or an installer's
        checked = py_compile.PycInvalidationMode.CHECKED_HASH
        py_compile.compile(file, target, path, doraise=True, invalidation_mode=checked)
        _share(Path(file), Path(target))
        code = 0
    except py_compile.PyCompileError:
        code = 0
    except Exception as error:  # noqa: BLE001 - told by this process, whose parent ends
        sys.stderr.write(f"{path}: {type(error).__name__}: {error}\n")
    finally:
        os._exit(code)


def _share(original: Path, new: Path) -> None:
    """Give a file or folder the owner and the permissions of another one."""
    state = original.stat()
    os.chown(new, state.st_uid, state.st_gid)
    shutil.copymode(original, new)


def main(command: str, *arguments: str) -> int:
    """Do one of the two commands."""
    if command == "write":
        warnings.simplefilter("ignore")  # about the sources of others
        gc.freeze()
        gc.disable()  # a fork that looks for garbage writes to memory that it would share
        json.dump(write(json.load(sys.stdin)), sys.stdout)
        return 0
    mode, environment, file = arguments
    sources = of_all(environment) if mode == "all" else of_a_start(f"{environment}/bin/python")
    Path(file).write_text(json.dumps(write_base(sources)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
