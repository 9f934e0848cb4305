"""Text made safe for terminals and Markdown, sizes and tables as text, and the choice among named values."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from .errors import ConfigurationError, did_you_mean

T = TypeVar("T")

_LITERAL = re.compile(r"[A-Za-z0-9_./:@+~=,-]+")
_MARKUP = re.compile(r"[^A-Za-z0-9 ,.;()/':-]|:(?=/)")


def plain(text: str) -> str:
    """Return a text with control characters, line breaks and the like written as escapes."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def escaped(text: str) -> str:
    """Return a text for Markdown, in which no character is markup."""
    safe = _MARKUP.sub(lambda match: f"&#{ord(match[0])};", plain(text))
    # GitHub links addresses and people written as entities too: a zero-width space prevents that.
    return re.sub(r"(?i)&#64;|www(?=\.)", r"\g<0>&#8203;", safe)


def literal(text: str) -> str:
    """Return a name or version for Markdown: as code where possible, which also reads well as plain text."""
    return f"`{text}`" if _LITERAL.fullmatch(text) else escaped(text)


def escaped_lines(text: str) -> str:
    """Return a text of several lines for a cell or an item of Markdown, in which no character is markup."""
    return "<br>".join(escaped(line) for line in text.splitlines())


def first_of(names: Sequence[str], count: int) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more


def megabytes(size: int) -> str:
    """Return a size in bytes as text, such as "41.3 MB"; small ones in kB."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"


def table(rows: Iterable[Sequence[str]]) -> str:
    """Return rows of equally many cells as lines, with two blanks or more between aligned columns."""
    lines = list(rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def markdown_table(rows: Iterable[Sequence[str]]) -> str:
    """Return rows of cells of Markdown as a table; the first row is its head."""
    head, *body = rows
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *body))


def choose(kind: str, value: str, accepted: Mapping[str, T]) -> T:
    """Return what an accepted value stands for; raise ConfigurationError for an unknown one of a kind."""
    if value not in accepted:
        *others, last = accepted
        hint = did_you_mean(value, accepted) or f": choose {', '.join(others)} or {last}"
        raise ConfigurationError([f"unknown {kind} {value!r}{hint}"])
    return accepted[value]


def chosen(form: str, table: str, as_json: str) -> str:
    """Return the table or the JSON; raise ConfigurationError for another format."""
    return choose("format", form, {"table": table, "json": as_json})
