"""The changes of a bump in words: for a terminal, and as the body of a pull request."""

import tomllib
from collections.abc import Mapping, Sequence

from ..config import lockfile
from ..text import literal

# Old and new text of a lock.
Locks = tuple[str | None, str]


def unchanged(reference: str, series: str | None) -> str:
    """Return that nothing changes, and why: a series was looked up, or one release requested."""
    why = f"is the newest of {series}.x" if series else "is pinned already"
    return f"Nothing changes: the base image {literal(reference)} {why}."


def changes(old: str, new: str, locks: Mapping[str, Locks], dates: Mapping[str, str]) -> str:
    """Return the changes of base and locks, which are by DAG type.

    ``dates`` are exclude-newer of each pyproject.toml, by file, where the locks were made with another one.
    """
    lines = ["The base image of every DAG type changes.", ""]
    lines += [f"- old: {literal(old)}", f"- new: {literal(new)}"]
    for name in sorted(locks):
        lines += ["", *_lock_changes(name, *locks[name])]
    if dates:
        lines += ["", "The locks were made with another exclude-newer than these files have."]
        lines += ["Change it in the files too, or the next lock uses the old date:", ""]
        lines += [f"- {literal(file)}: {literal(date)}" for file, date in sorted(dates.items())]
    return "\n".join(lines)


def date_problems(dates: Mapping[str, str]) -> list[str]:
    """Return a problem for each pyproject.toml whose exclude-newer may be why it can't be locked, by file."""
    return [
        f"{file}: [tool.uv] exclude-newer = {date} excludes newer files, even those of the new base: "
        "set it to a date after the release of the new base, or give --exclude-newer"
        for file, date in sorted(dates.items())
    ]


def exclude_newer(pyproject: str | None) -> str:
    """Return the date in a pyproject.toml beyond which no file counts; empty where it has none."""
    try:
        return str(tomllib.loads(pyproject or "")["tool"]["uv"]["exclude-newer"])  # a text, or TOML's date
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        return ""


def _lock_changes(dag: str, old: str | None, new: str) -> Sequence[str]:
    before, after = lockfile.versions(old), lockfile.versions(new)
    names = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    if not names:
        return [f"{dag}: no package changes"]
    count = "1 package changes" if len(names) == 1 else f"{len(names)} packages change"
    return [f"{dag}: {count}", *(f"- {_change(name, before.get(name), after.get(name))}" for name in names)]


def _change(name: str, old: str | None, new: str | None) -> str:
    if new is None:
        return f"{literal(name)} {literal(old or '')} is removed"
    if old is None:
        return f"{literal(name)} {literal(new)} is new"
    return f"{literal(name)} {literal(old)} -> {literal(new)}"
