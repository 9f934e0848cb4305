"""What a publish did, as data, as a table and as JSON: one row per DAG type."""

import json
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from ..checks.report import Report
from ..checks.scan import formats
from ..checks.scan import text as scan_text
from ..checks.scan.formats import ScanResult
from ..checks.scan.verdict import Verdict
from ..text import megabytes

FILE = "published.json"


class Row(BaseModel):
    """One DAG type.

    ``written`` are tags that point to the digest now and didn't before, ``same`` those that did already,
    ``left`` those that stay elsewhere, each with the reason. ``size`` and ``added`` are compressed bytes,
    ``before`` those of the image that latest, or else another of its tags, pointed to until now; null where
    there is none. ``tests`` and ``scans`` are what the gate found, for each platform; ``seconds`` is the time
    of its build, gate and push; ``signed`` how many statements were signed and attached (none: it had them
    all), null where nothing was to be signed, ``identity`` who signed without a key; ``problem`` is empty
    where all went well, ``gate_failed`` true where it is that tests or scan found something.
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
    before: int | None = None
    seconds: float = 0
    signed: int | None = None
    identity: str = ""
    tests: tuple[Report, ...] = ()
    scans: tuple[Verdict, ...] = ()
    note: str = ""
    problem: str = ""
    gate_failed: bool = False

    @property
    def reference(self) -> str:
        """Repository and digest; empty where nothing was pushed."""
        return f"{self.repository}@{self.digest}" if self.repository and self.digest else ""

    @property
    def made(self) -> bool:
        """Whether it was to be made: not so where a git tag releases another type; its note says why."""
        return bool(self.digest or self.tests or self.scans or self.problem)


class Publication(BaseModel):
    """All rows, the commit they were made from, and what else a person is to be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    commit: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

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
            lines += [f"{row.dag}: {tag} not moved: {why}" for tag, why in row.left.items()]
            note = row.note if row.made else f"skipped: {row.note}"
            lines += [f"{row.dag}: {note}"] if row.note else []
        for problem in dict.fromkeys(row.problem for row in self.failed):
            names = [row.dag for row in self.failed if row.problem == problem]
            lines += [f"{', '.join(names)}: FAILED: {problem}"]
        lines += self.notes
        return "\n".join(lines)

    def as_json(self) -> str:
        """The same for programs."""
        rows = [{**row.model_dump(mode="json"), "reference": row.reference} for row in self.rows]
        notes = {"notes": self.notes} if self.notes else {}
        return json.dumps({"commit": self.commit, "images": rows, **notes}, indent=2)


def parse(text: str) -> Publication:
    """What ``as_json`` gave, as a value again; raises ValueError for anything else."""
    try:
        told = json.loads(text)
        rows = [{key: value for key, value in row.items() if key != "reference"} for row in told["images"]]
        return Publication.model_validate(
            {"commit": told["commit"], "rows": rows, "notes": told.get("notes", ())}
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"it is no {FILE}: {type(error).__name__}: {error}") from None


def of_scan(result: ScanResult) -> Publication:
    """Return a scan as a publication without a commit; a rejected verdict gives its table as the problem."""
    rows = tuple(
        Row(
            dag=verdict.dag,
            repository="",  # nothing was pushed
            digest=verdict.image,
            scans=(verdict,),
            problem="" if formats.accepted(verdict) else scan_text.table([verdict]),
        )
        for verdict in result.verdicts
    )
    return Publication(commit="", rows=rows, notes=result.notes)


def joined(parts: Sequence[Publication]) -> Publication:
    """One publication of several, whose rows are sorted by DAG type.

    Raises:
        ValueError: two speak of one DAG type, or they are of different commits.
    """
    rows = sorted((row for part in parts for row in part.rows), key=lambda row: row.dag)
    twice = sorted({row.dag for row in rows if sum(each.dag == row.dag for each in rows) > 1})
    if twice:
        raise ValueError(f"there are several results of {', '.join(twice)}: expected one of each DAG type")
    commits = sorted({part.commit for part in parts})
    if len(commits) > 1:
        raise ValueError(f"the results are of different commits: {', '.join(commits)}")
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    return Publication(commit="".join(commits), rows=tuple(rows), notes=tuple(notes))


def beyond(row: Row, shown: Iterable[str]) -> str:
    """Return what a row's problem says that isn't shown elsewhere; rather too much than too little.

    Args:
        row: the row.
        shown: whole texts, such as those of reports, which are left out where the problem has them in lines
            of their own. Nothing remains of a failed gate whose findings are all shown.
    """
    rest = f"\n{row.problem}\n"
    for text in sorted(filter(None, shown), key=len, reverse=True):  # one may begin another
        while f"\n{text}\n" in rest:
            rest = rest.replace(f"\n{text}\n", "\n")
    rest = rest[1:-1]
    only_refusal = row.gate_failed and rest != row.problem and "\n" not in rest
    return "" if only_refusal else rest


def _cells(row: Row) -> tuple[str, ...]:
    tags = ", ".join((*row.written, *(f"{tag} (unchanged)" for tag in row.same))) or "-"
    what = row.reference or row.repository or row.digest or "-"
    sizes = (megabytes(row.size), megabytes(row.added)) if row.size else ("-", "-")
    signed = "-" if not row.digest else "no" if row.signed is None else "yes"
    return (row.dag, what, tags, *sizes, signed, f"{row.seconds:.1f} s" if row.seconds else "-")
