"""The DAG files of several types, parsed one type after another where an image has them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .airflow_process import Airflow
from .answers import Answers
from .commands import PROGRAMS, SECONDS, TIMED_OUT, CommandResult

TYPES = Path("/mnt/types")  # a folder per type, with its files at their paths in an image
ANSWERS = Path("/mnt/answers")
HOME = Path("/opt/airflow")
TREES = ("dags", "scripts")
FILE_SECONDS = 400  # per DAG file: parse.py ends a parse after 60 to 180, and parses more than once
TRIES = 6  # times the limit of a file: two more tries, of three times the limit at most


class Places:
    """The folders of an image in which the files of a type lie, one type at a time."""

    def __init__(self, home: Path) -> None:
        """Keep what the image itself has there."""
        self._home = home
        self._own = Path(tempfile.mkdtemp())
        for tree in TREES:
            copy(home / tree, self._own / tree)

    def fill(self, files: Path) -> None:
        """Put the files of a type into the place of those of another."""
        for tree in TREES:
            target = self._home / tree
            if target.is_dir():
                clear(target)
            copy(self._own / tree, target)
            copy(files / target.relative_to("/"), target)


def copy(source: Path, target: Path) -> None:
    """Copy a folder, if it exists, over another one, with owners and modes."""
    if source.is_dir():
        target.mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", f"{source}/.", str(target)], check=True)  # noqa: S603, S607 - the image's


def clear(folder: Path) -> None:
    """Remove what is in a folder."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def parse_types(
    role: str, environment: str, seconds: Mapping[str, float]
) -> tuple[dict[str, dict[str, Any]], bool, int]:
    """Return each type's files as parsed, whether a limit of time decided anything, and Airflow's starts.

    Args:
        role: worker or scheduler.
        environment: a name for the image and its settings; the same name means the same answers.
        seconds: the limit of each type for one file, by its name.
    """
    answers = Answers(ANSWERS, [role, environment, programs_digest()])
    airflow, places = Airflow(), None
    parsed: dict[str, dict[str, Any]] = {}
    any_late = False
    for name, limit in sorted(seconds.items()):
        files = TYPES / name
        key = answers.key(limit, files)
        if known := answers.get(key):
            parsed[name] = known
            continue
        places = places or Places(HOME)
        places.fill(files)
        parsed[name], late = _parsed(airflow, role, limit)
        any_late = any_late or late
        if not late and not parsed[name]["problem"]:
            answers.put(key, parsed[name])
    airflow.close()
    return parsed, any_late, airflow.starts


def _parsed(airflow: Airflow, role: str, seconds: float) -> tuple[dict[str, Any], bool]:
    """Return the files of the type in place; the limit for all of them grows with their number."""
    count = sum(path.suffix in {".py", ".zip"} for path in (HOME / "dags").rglob("*"))
    answer = airflow.ask(role, seconds, SECONDS + count * (FILE_SECONDS + TRIES * seconds))
    if isinstance(answer, CommandResult):
        return {"files": [], "patterns": [], "problem": answer.ended}, answer.status == TIMED_OUT
    return answer, any(file.get("late") for file in answer["files"])


def programs_digest() -> str:
    """Return the digest of the programs: another version of them may give another answer."""
    content = hashlib.sha256()
    for path in sorted(Path(PROGRAMS, "programs").glob("*.py")):
        content.update(f"{path.name}\0".encode() + path.read_bytes())
    return content.hexdigest()
