"""What is told of each part of an old repository: carried over, or left to do; no secret is in it."""

from dataclasses import dataclass

from .masking import masked

_LONGEST = 120  # characters of a source's text that are shown


@dataclass(frozen=True, kw_only=True)
class Told:
    """What became of one thing: where it was, its text as it may be shown, and the outcome in a sentence.

    ``line`` counts from 1; 0 where the whole file is meant. ``todo`` where a person has something to do.
    """

    file: str
    line: int
    what: str
    outcome: str
    todo: bool = False


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A requirement as an old repository has it, and where."""

    text: str
    file: str
    line: int


def shown(text: str) -> str:
    """A text of a Dockerfile on one line, shortened, with *** in the place of what is likely a secret."""
    # First the whole, then the cut: half a secret would look like none.
    line = masked(" ".join(text.replace("`", "'").split()))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
