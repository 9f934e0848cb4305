"""What a move of the base changes, in words: for a terminal, and as the body of a pull request."""

import tomllib
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field, ValidationError

from ..config import lockfile
from ..text import literal

# Old and new text of a lock.
Locks = tuple[str | None, str]


class _Uv(BaseModel):
    day: object = Field(default="", alias="exclude-newer")  # a text, or a date of TOML's


class _Tools(BaseModel):
    uv: _Uv = _Uv()


class _Project(BaseModel):
    """What is read of a pyproject.toml."""

    tool: _Tools = _Tools()


def unmoved(reference: str, of: str | None) -> str:
    """That there is nothing to move.

    Args:
        reference: the base as it is pinned.
        of: the series whose newest release was looked for; None where one release was.
    """
    why = f"is the newest of {of}.x" if of else "is pinned already"
    return f"Nothing is changed: the base image {literal(reference)} {why}."


def moved(before: str, now: str, locks: Mapping[str, Locks], days: Mapping[str, str]) -> str:
    """What moves.

    Args:
        before: the base as it was pinned.
        now: the base as it is pinned now.
        locks: of each DAG type, by its name.
        days: where another exclude-newer was used than a pyproject.toml has, that file and its day.
    """
    lines = ["The base image of every DAG type moves.", "", f"- before: {literal(before)}"]
    lines += [f"- now: {literal(now)}"]
    for name in sorted(locks):
        lines += ["", *_type(name, *locks[name])]
    if days:
        lines += [
            "",
            "The locks are made with another exclude-newer than these files have. Move that day there,",
        ]
        lines += ["or the next lock goes by it again:", ""]
        lines += [f"- {literal(file)}: {literal(day)}" for file, day in sorted(days.items())]
    return "\n".join(lines)


def held_back(days: Mapping[str, str]) -> list[str]:
    """A problem for each pyproject.toml whose day may be why it can't be locked; file → day."""
    return [
        f"{file}: [tool.uv] exclude-newer = {day}: no newer file counts, not even of what the new base has: "
        "move it to a day when there was the new base, or give --exclude-newer"
        for file, day in sorted(days.items())
    ]


def exclude_newer(pyproject: str | None) -> str:
    """The day in a pyproject.toml beyond which no file counts; an empty string where it has none."""
    try:
        return str(_Project.model_validate(tomllib.loads(pyproject or "")).tool.uv.day)
    except (tomllib.TOMLDecodeError, ValidationError):
        return ""


def _type(name: str, old: str | None, new: str) -> Sequence[str]:
    before, now = lockfile.versions(old), lockfile.versions(new)
    names = [each for each in sorted({*before, *now}) if before.get(each) != now.get(each)]
    if not names:
        return [f"{name}: no package changes"]
    told = [f"{name}: {len(names)} package{' changes' if len(names) == 1 else 's change'}"]
    return [*told, *(f"- {_change(each, before.get(each), now.get(each))}" for each in names)]


def _change(name: str, before: str | None, now: str | None) -> str:
    if now is None:
        return f"{literal(name)} {literal(before or '')} is gone"
    if before is None:
        return f"{literal(name)} {literal(now)} is new"
    return f"{literal(name)} {literal(before)} -> {literal(now)}"
