"""Values as TOML has them, on one line.

Own code, since the standard library reads TOML only, and this much needs no further dependency.
"""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import cast

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def value(given: object) -> str:
    """A value as tomllib gives it, as text: tables as inline tables."""
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, int | float):
        return repr(given)
    if isinstance(given, date | datetime | time):
        return given.isoformat()
    if isinstance(given, list):
        return f"[{', '.join(map(value, cast('list[object]', given)))}]"
    if isinstance(given, Mapping):
        table = cast("Mapping[str, object]", given)
        inside = ", ".join(f"{key(name)} = {value(each)}" for name, each in table.items())
        return f"{{ {inside} }}" if inside else "{}"
    return quoted(str(given))


def key(name: str) -> str:
    """A key, in quotes where it needs them."""
    return name if _BARE.fullmatch(name) else quoted(name)


def quoted(text: str) -> str:
    """A text in quotes."""
    # TOML's basic strings are JSON's, but for DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
