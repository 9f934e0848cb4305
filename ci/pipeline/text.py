"""A selection of DAG types as text: a table for a terminal, JSON, a matrix for GitHub Actions, Markdown."""

import json
from collections.abc import Iterator

from .. import text
from .selection import AffectedType, ChangedPath, ReasonKind, Selection

MAX_PATHS = 5  # per reason


def table(selection: Selection) -> str:
    """Return each affected DAG type with its reasons and their paths, for a terminal."""
    rows = [row for affected in selection.affected for row in _rows(affected)]
    lines = [heading(selection), text.table(rows) or "nothing is affected"]
    lines += [f"unaffected: {', '.join(selection.unaffected)}"] if selection.unaffected else []
    lines += [f"removed: {', '.join(map(text.plain, selection.removed))}"] if selection.removed else []
    lines += [text.plain(f"note: {note}") for note in selection.notes]
    return "\n".join(lines)


def heading(selection: Selection) -> str:
    """Return what was compared, in one line."""
    since = text.plain(selection.since)
    if not selection.commit:
        return since
    return f"compared with {selection.commit}, the merge base of {since!r} and this working tree"


def as_json(selection: Selection) -> str:
    """Return everything, with every path, for programs."""
    return selection.model_dump_json(indent=2)


def matrix(selection: Selection) -> str:
    """Return GitHub's matrix, in one line: an entry per affected DAG type, with the kinds of its reasons."""
    entries = [{"dag": affected.dag, "reason": _kinds(affected)} for affected in selection.affected]
    return json.dumps({"include": entries}, separators=(",", ":"))


def markdown(selection: Selection) -> str:
    """Return the DAG types with the kinds of their reasons, and the notes, for a job summary on GitHub."""
    rows = [(text.literal(affected.dag), text.escaped(_kinds(affected))) for affected in selection.affected]
    parts = [
        text.escaped(heading(selection)),
        text.markdown_table([("DAG type", "why"), *rows]) if rows else "Nothing is affected.",
    ]
    if selection.unaffected:
        parts.append(f"Unaffected: {', '.join(map(text.literal, selection.unaffected))}")
    return "\n\n".join([*parts, *(f"> {text.escaped(note)}" for note in selection.notes)])


def _kinds(affected: AffectedType) -> str:
    return ", ".join(reason.kind for reason in affected.reasons)


def _rows(affected: AffectedType) -> Iterator[tuple[str, str, str]]:
    name = affected.dag
    for reason in affected.reasons:
        kind = str(reason.kind)
        paths = [_path(kind, changed) for changed in reason.touches[:MAX_PATHS]]
        more = len(reason.touches) - MAX_PATHS
        for path in [*paths, *([f"and {more} more"] if more > 0 else [])] or [""]:
            yield name, kind, path
            name = kind = ""


def _path(kind: str, changed: ChangedPath) -> str:
    if kind == ReasonKind.WRONG:
        return text.plain(changed.how)
    return text.plain(f"{changed.path} ({changed.how})" if changed.how else changed.path)
