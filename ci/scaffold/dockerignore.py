"""What .dockerignore files kept out of images: they aren't read any more, so these files are in them now."""

import re
from collections.abc import Iterator

from ..config.dag_type import TREES
from ..text import first_of
from .notes import Note
from .repository import OldRepository

_SHOWN = 5  # files that a note names


def notes(old: OldRepository) -> Iterator[Note]:
    """Return a note on each pattern that kept files of dags/ or scripts/ out of images."""
    names = {f"{one.dockerfile}.dockerignore" for one in old.types if one.dockerfile}
    files = sorted(path for path in old.files if path.partition("/")[0] in TREES)
    for name in sorted({".dockerignore", *names} & old.texts.keys()):
        lines = old.texts[name].removeprefix("\ufeff").splitlines()
        kept_out: dict[int, list[str]] = {}
        patterns = list(_patterns(lines))
        for path in files:
            # The last pattern that fits decides.
            line, excludes = next((one[:2] for one in reversed(patterns) if one[2].match(path)), (0, False))
            if excludes:
                kept_out.setdefault(line, []).append(path)
        for line, paths in sorted(kept_out.items()):
            outcome = (
                f"no longer keeps files out of images: {first_of(paths, _SHOWN)}: move them out of "
                "dags/ and scripts/, unless images may have them"
            )
            yield Note(file=name, line=line, text=lines[line - 1].strip(), outcome=outcome, todo=True)
        if not kept_out:
            outcome = "isn't read any more, and kept nothing of dags/ and scripts/ out: remove it"
            yield Note(file=name, outcome=outcome, todo=True)


def _patterns(lines: list[str]) -> Iterator[tuple[int, bool, re.Pattern[str]]]:
    """Return the line of each pattern, whether it excludes, and the paths that it means."""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            pattern = text.removeprefix("!").strip().strip("/").removeprefix("./")
            yield number, not text.startswith("!"), _compiled(pattern)


def _compiled(pattern: str) -> re.Pattern[str]:
    """Return the paths of a pattern, and all below them, as Docker's documentation has it."""
    parts = re.findall(r"\*\*/?|\*|\?|\[[^\]]+\]|\\.|.", pattern)
    forms = {"**/": r"(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    text = "".join(
        forms.get(part) or (part if part.startswith("[") and len(part) > 1 else re.escape(part.lstrip("\\")))
        for part in parts
    )
    try:
        return re.compile(rf"(?:{text if pattern != '.' else '.*'})(?:/.*)?\Z")
    except re.error:  # a class of characters that is none: Docker refuses it
        return re.compile(r"(?!)")
