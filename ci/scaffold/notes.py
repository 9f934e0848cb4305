"""Notes on what became of each part of an old repository, and requirements with the lines they come from."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed

from ..config.secrets.names import may_hold_secret

_LONGEST = 120  # characters of a text that is quoted within a sentence


@dataclass(frozen=True, kw_only=True)
class Note:
    """What became of one part of an old file, in a sentence.

    ``text`` is that part as the file has it; it is quoted unless it may hold a secret. ``line`` counts from
    1; 0 means the whole file. ``todo`` where a person has something to do.
    """

    file: str
    line: int = 0
    text: str = ""
    outcome: str
    todo: bool = False

    def markdown(self) -> str:
        """Return the note as an item of a list."""
        location = f"{self.file}:{self.line}" if self.line else self.file
        if may_hold_secret(self.text):
            return f"- {location}: {self.outcome} (not quoted, as the line may hold a secret)"
        if "\n" in self.text or "`" in self.text or len(self.text) > _LONGEST:
            return f"- {location}: {self.outcome}\n\n{block(self.text)}"
        return f"- {location}{f' `{self.text}`' if self.text else ''}: {self.outcome}"


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """A requirement on a package, and the line of an old file that it comes from."""

    text: str
    file: str
    line: int


def parsed(text: str) -> Parsed | None:
    """Return a requirement as pip reads it; None for a path, an address or anything else."""
    try:
        return Parsed(text)
    except (InvalidRequirement, SyntaxError):  # packaging reads a marker's strings as Python's
        return None


def block(text: str) -> str:
    """Return a text as a block of code within an item of a list."""
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join(f"  {line}".rstrip() for line in (fence, *text.splitlines(), fence))


def section(title: str, notes: Iterable[Note]) -> list[str]:
    """Return the lines of a list of notes below its title; none where there are no notes."""
    lines = [note.markdown() for note in sorted(notes, key=lambda note: (note.file, note.line))]
    return [title, "", *lines, ""] if lines else []
