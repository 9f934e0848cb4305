"""What a publish did, as data, as a table and as JSON: one row per DAG type."""

import json

from pydantic import BaseModel, ConfigDict

from .moves import Action, Move
from .sizes import megabytes

FILE = "published.json"


class Row(BaseModel):
    """One DAG type.

    ``written`` are tags that point to the digest now and didn't before, ``same`` those that did already,
    ``left`` those that stay elsewhere, each with the reason. ``size`` and ``added`` are compressed bytes;
    ``seconds`` is the time of its build, gate and push; ``signed`` how many statements were signed and
    attached (none: it had them all), null where nothing was to be signed; ``problem`` is empty where all went
    well.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dag: str
    repository: str
    digest: str = ""
    written: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    left: dict[str, str] = {}
    size: int = 0
    added: int = 0
    seconds: float = 0
    signed: int | None = None
    note: str = ""
    problem: str = ""

    @property
    def reference(self) -> str:
        """Repository and digest; empty where nothing was made."""
        return f"{self.repository}@{self.digest}" if self.digest else ""


class Publication(BaseModel):
    """All rows, and the commit they were made from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    commit: str
    rows: tuple[Row, ...]

    @property
    def failed(self) -> tuple[Row, ...]:
        """The rows with a problem."""
        return tuple(row for row in self.rows if row.problem)

    def table(self) -> str:
        """The rows for a terminal: what is where, then what was left and why, then what went wrong."""
        head = ("DAG", "REFERENCE", "TAGS", "SIZE", "ADDED", "SIGNED", "TIME")
        cells = [head, *(_cells(row) for row in self.rows)]
        widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
        lines = ["  ".join(f"{cell:<{w}}" for cell, w in zip(c, widths, strict=True)).rstrip() for c in cells]
        for row in self.rows:
            lines += [f"{row.dag}: {tag} left: {why}" for tag, why in row.left.items()]
            lines += [f"{row.dag}: {row.note}"] if row.note else []
        for row in self.failed:
            lines += [f"{row.dag}: FAILED: {row.problem}"]
        return "\n".join(lines)

    def as_json(self) -> str:
        """The same for programs."""
        rows = [{**row.model_dump(), "reference": row.reference} for row in self.rows]
        return json.dumps({"commit": self.commit, "images": rows}, indent=2)


def moved(moves: tuple[Move, ...]) -> tuple[list[str], list[str], dict[str, str], list[str]]:
    """Moves by what they are: tags to write, tags that are right, tags left with the reason, refusals."""
    to_write = [move.tag for move in moves if move.action is Action.SET]
    same = [move.tag for move in moves if move.action is Action.SAME]
    left = {move.tag: move.why for move in moves if move.action is Action.LEFT}
    refused = [move.why for move in moves if move.action is Action.REFUSED]
    return to_write, same, left, refused


def _cells(row: Row) -> tuple[str, ...]:
    tags = ", ".join((*row.written, *(f"{tag} (was there)" for tag in row.same))) or "-"
    what = row.reference or row.repository or "-"
    sizes = (megabytes(row.size), megabytes(row.added)) if row.size else ("-", "-")
    signed = "-" if not row.digest else "no" if row.signed is None else "yes"
    return (row.dag, what, tags, *sizes, signed, f"{row.seconds:.1f} s" if row.seconds else "-")
