"""Folders that an .airflowignore names with a slash at the end, which some Airflow versions don't ignore.

Airflow 3.1 compares the pattern `common/` with the name `common`, which it doesn't match.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

NAME = ".airflowignore"


def without_effect(root: Path, listed: list[str]) -> list[dict[str, object]]:
    """Return each such pattern, where Airflow lists files of the folder: its file, line, and those files.

    The version is that of Airflow. Paths are relative to the folder above the root.
    """
    patterns: list[dict[str, object]] = []
    for file in sorted(root.rglob(NAME)):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, start=1):
            pattern = re.sub(r"\s*#.*", "", line).strip()
            files = _below(file.parent, pattern, listed) if pattern.endswith("/") else []
            if files:
                names = [str(Path(name).relative_to(root.parent)) for name in files]
                path = str(file.relative_to(root.parent))
                version = os.environ.get("AIRFLOW_VERSION", "")
                patterns.append(
                    {"file": path, "line": number, "pattern": pattern, "airflow": version, "files": names}
                )
    return patterns


def _below(folder: Path, pattern: str, listed: list[str]) -> list[str]:
    stem = pattern.strip("/")
    if not stem or pattern.startswith("!"):
        return []
    anchored = "/" in pattern.rstrip("/")
    try:
        named = folder.glob(stem) if anchored else folder.rglob(stem)
        folders = {str(path) for path in named if path.is_dir()}
    except ValueError:  # no pattern of pathlib's
        return []
    return [path for path in listed if any(str(parent) in folders for parent in Path(path).parents)]
