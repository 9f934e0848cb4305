"""Denied licenses: by name, or by the parts of an expression such as "MIT OR (ISC AND GPL-2.0)"."""

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

_DEPTH = 20  # of parentheses that are read: no license needs more, and a package may bring any text
_LATER = r"(?!\s+(?i:any\s+)?(?i:later|newer)\b)"  # "or later" is part of a name in any case
_OR, _AND = (re.compile(rf"(?<![^\s()]){word}(?![^\s()]){_LATER}") for word in ("OR", "AND"))
_OPERATOR = re.compile(rf"{_OR.pattern}|{_AND.pattern}")


def denied(license: str, patterns: Sequence[str]) -> bool:  # noqa: A002 - what it is
    """Return whether a license is denied: of parts joined by AND one is enough, of those joined by OR all.

    Operators are SPDX's, in upper case; in lower case too where all names are single words, since "and" may
    be part of a name ("Historical Permission Notice and Disclaimer"). WITH and its exception belong to the
    license before it. license-expression reads no names with blanks or parentheses, which packages do write.
    ``patterns`` are shell patterns of names, in any case; an exact expression denies that expression.
    """
    text, lower = license.strip(), [pattern.lower() for pattern in patterns]

    def denies(name: str) -> bool:
        return any(fnmatchcase(name.strip().lower(), pattern) for pattern in lower)

    if text.lower() in lower:
        return True
    expression = _upper(text)
    if not 0 <= _depth(expression) <= _DEPTH or re.search(r"\(\s*\)", expression):
        # Unbalanced: any denied name in it counts.
        return any(map(denies, [text, *re.split(rf"[()]|{_OPERATOR.pattern}", expression)]))
    return _fails(expression, denies)


def _upper(text: str) -> str:
    """Return an expression of single words with its operators in upper case; any other text unchanged."""
    words = text.replace("(", " ").replace(")", " ").split()
    names, operators = {word.lower() for word in words[::2]}, {word.lower() for word in words[1::2]}
    if operators - {"and", "or"} or names & {"and", "or", "later", "newer"}:
        return text
    return re.sub(r"(?<![^\s()])(?i:and|or)(?![^\s()])", lambda match: match[0].upper(), text)


def _depth(text: str) -> int:
    """Return the depth of nested parentheses; -1 where they don't match."""
    depth = deepest = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return -1
        deepest = max(deepest, depth)
    return -1 if depth else deepest


def _fails(text: str, denies: Callable[[str], bool]) -> bool:
    for operator, joined in ((_OR, all), (_AND, any)):  # AND binds tighter
        parts = _split(text, operator)
        if parts != [text]:
            return joined(_fails(part, denies) for part in parts) if parts else denies(text)
    inner = text[1:-1]
    if text.startswith("(") and text.endswith(")") and _depth(inner) >= 0:
        return _fails(inner.strip(), denies)
    return denies(text)


def _split(text: str, operator: re.Pattern[str]) -> list[str]:
    """Return the parts that an operator joins outside of parentheses, without empty ones."""
    spans, depth = [(0, 0)], 0
    for match in re.finditer(rf"[()]|{operator.pattern}", text):
        depth += (match[0] == "(") - (match[0] == ")")
        if not depth and match[0] not in {"(", ")"}:
            spans.append(match.span())
    starts, ends = [end for _, end in spans], [*(start for start, _ in spans[1:]), len(text)]
    parts = (text[start:end].strip() for start, end in zip(starts, ends, strict=True))
    return [part for part in parts if part] if len(spans) > 1 else [text]
