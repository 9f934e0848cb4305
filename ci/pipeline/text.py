"""What a change touches, as texts: a table for a terminal, JSON for programs, a matrix for GitHub Actions."""

import json
from collections.abc import Iterator

from ..text import escaped, literal, plain
from .affected import Findings, Kind, Reason, Touch

MOST_PATHS = 5


def table(found: Findings) -> str:
    """For a terminal: each affected DAG type with its reasons and their paths."""
    lines = [heading(found)]
    width = max((len(each.dag) for each in found.affected), default=0)
    for each in found.affected:
        told = [line for reason in each.reasons for line in _lines(reason)]
        lines += [f"{'' if at else each.dag:<{width}}  {line}" for at, line in enumerate(told)]
    if not found.affected:
        lines.append("nothing is affected")
    lines += [f"unaffected: {', '.join(found.unaffected)}"] if found.unaffected else []
    lines += [f"removed: {', '.join(map(plain, found.removed))}"] if found.removed else []
    lines += [plain(f"note: {note}") for note in found.notes]
    return "\n".join(lines)


def heading(found: Findings) -> str:
    """What is compared with what, in one line."""
    if not found.commit:
        return plain(found.since)
    return f"compared with {found.commit}, where {plain(found.since)!r} and this working tree part"


def as_json(found: Findings) -> str:
    """For programs: all that is known, every path included."""
    return found.model_dump_json(indent=2)


def matrix(found: Findings) -> str:
    """GitHub's matrix, in one line: an entry per affected DAG type, with the kinds of its reasons."""
    entries = [
        {"dag": each.dag, "reason": ", ".join(reason.kind for reason in each.reasons)}
        for each in found.affected
    ]
    return json.dumps({"include": entries}, separators=(",", ":"))


def markdown(found: Findings) -> str:
    """For the summary of a job on GitHub: the types with the kinds of their reasons, and the notes."""
    lines = [escaped(heading(found)), ""]
    if found.affected:
        lines += ["| DAG type | why |", "| --- | --- |"]
        lines += [
            f"| {literal(each.dag)} | {escaped(', '.join(reason.kind for reason in each.reasons))} |"
            for each in found.affected
        ]
    else:
        lines += ["Nothing is affected."]
    lines += ["", f"Unaffected: {', '.join(map(literal, found.unaffected))}"] if found.unaffected else []
    lines += [line for note in found.notes for line in ("", f"> {escaped(note)}")]
    return "\n".join(lines)


def _lines(reason: Reason) -> Iterator[str]:
    width = max(map(len, Kind))
    shown = [_shown(reason.kind, touch) for touch in reason.touches[:MOST_PATHS]]
    more = len(reason.touches) - MOST_PATHS
    shown += [f"and {more} more"] if more > 0 else []
    if not shown:
        yield f"{reason.kind}"
    for at, text in enumerate(shown):
        yield f"{'' if at else reason.kind:<{width}}  {text}"


def _shown(kind: Kind, touch: Touch) -> str:
    if kind is Kind.WRONG:
        return plain(touch.how)
    return plain(f"{touch.path} ({touch.how})" if touch.how else touch.path)
