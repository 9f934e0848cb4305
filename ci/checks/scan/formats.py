"""The result of a scan: as a gate, and in every format by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...errors import CheckError
from ...text import choose, escaped, plain
from .documents import as_json, html, junit
from .sarif import sarif
from .text import markdown, table
from .verdict import State, Verdict

_Renderer = Callable[[Sequence[Verdict], Mapping[str, str]], str]
_RENDERERS: dict[str, _Renderer] = {
    "table": lambda verdicts, _: table(verdicts),
    "json": lambda verdicts, _: as_json(verdicts),
    "markdown": lambda verdicts, _: markdown(verdicts),
    "sarif": sarif,
    "junit": lambda verdicts, _: junit(verdicts),
    "html": lambda verdicts, _: html(verdicts),
}

FORMATS = tuple(_RENDERERS)


@dataclass(frozen=True, kw_only=True)
class ScanResult:
    """Verdicts on images, the text of each type's lock by its name, and notes on types beside that."""

    verdicts: tuple[Verdict, ...]
    locks: Mapping[str, str]
    notes: tuple[str, ...] = ()


def accepted(verdict: Verdict, *, test: bool = False) -> bool:
    """Return whether an image passed; ``test`` accepts a test database."""
    return verdict.state is State.PASSED and (test or not verdict.unreliable)


def gate(result: ScanResult, *, test: bool = False) -> str:
    """Return the table with its notes, or raise it as a CheckError; ``test`` accepts a test database."""
    table_text = render("table", result.verdicts, result.locks, result.notes)
    if not all(accepted(verdict, test=test) for verdict in result.verdicts):
        raise CheckError([table_text])
    return table_text


def render(
    form: str, verdicts: Sequence[Verdict], locks: Mapping[str, str], notes: Sequence[str] = ()
) -> str:
    """Return verdicts in one of ``FORMATS``; a table or a Markdown text ends with the notes."""
    text = choose("format", form, _RENDERERS)(verdicts, locks)
    if notes and form == "table":
        return "\n".join([text, "", *map(plain, notes)])
    if notes and form == "markdown":
        return "\n".join([text, "", *(f"- {escaped(note)}" for note in notes)])
    return text
