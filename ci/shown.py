"""Text from others made safe to show: on a terminal and in Markdown."""

import re

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
