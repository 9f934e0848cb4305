"""In the place of the package rfc3987_syntax: the one of its 38 parsers that jsonschema asks for.

The package builds all of them when it is imported, which takes longer than most files of tests.
"""

from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from lark import Lark
from lark.exceptions import LarkError


@cache
def parser() -> Any:  # noqa: ANN401 - lark has no types
    """Build a parser of the package's own grammar."""
    grammar = distribution("rfc3987-syntax").locate_file("rfc3987_syntax/syntax_rfc3987.lark")
    text = Path(str(grammar)).read_text(encoding="utf-8")
    return Lark(text, start=["iri", "iri_reference"], parser="earley")


def is_valid_syntax(term: str, value: str) -> bool:
    """Whether a text is an IRI or a reference to one."""
    try:
        parser().parse(value, start=term)
    except LarkError:
        return False
    return True
