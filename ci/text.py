"""Text from others made safe to show: on a terminal and in Markdown."""

import re

from .errors import ConfigurationError, did_you_mean

_LITERAL = re.compile(r"[A-Za-z0-9_./:@+~=,-]+")
_MARKUP = re.compile(r"[^A-Za-z0-9 ,.;()/':-]|:(?=/)")


def plain(text: str) -> str:
    """A text without a character that steers: controls, line breaks and the like are written as escapes."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def escaped(text: str) -> str:
    """A text for Markdown, in which no character is markup."""
    safe = _MARKUP.sub(lambda found: f"&#{ord(found[0])};", plain(text))
    # GitHub sees addresses and people behind entities too: a space without width keeps them apart.
    return re.sub(r"(?i)&#64;|www(?=\.)", r"\g<0>&#8203;", safe)


def literal(text: str) -> str:
    """A name or version for Markdown: as code where it can be, so that it stays readable as plain text."""
    return f"`{text}`" if _LITERAL.fullmatch(text) else escaped(text)


def megabytes(size: int) -> str:
    """A size in bytes as text, such as "41.3 MB"; small ones in kB."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"


def chosen(form: str, table: str, as_json: str) -> str:
    """The table or the JSON.

    Raises:
        ConfigurationError: there is no such format.
    """
    texts = {"table": table, "json": as_json}
    if form not in texts:
        hint = did_you_mean(form, texts) or ": there are table and json"
        raise ConfigurationError([f"--format {form!r} isn't known{hint}"])
    return texts[form]
