"""The result of a publish, as data, as a table and as JSON: one row per DAG type."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from ..checks.report import Report
from ..checks.scan import formats
from ..checks.scan import text as scan_text
from ..checks.scan.formats import ScanResult
from ..checks.scan.verdict import Verdict
from ..text import megabytes, table

FILE = "published.json"
UNSIGNED = "nobody can verify who built them; give --signing-key or --identity-token (docs/sign.md)"


class Row(BaseModel):
    """One DAG type.

    ``written`` are tags that point to the digest now and didn't before, ``same`` those that did already,
    ``left`` those that stay elsewhere, each with the reason. ``size`` and ``added`` are compressed bytes,
    ``before`` those of the image that latest, or else another of the tags, pointed to; null if there is none.
    ``taken`` are the published images whose layers of packages these are, which weren't installed again.
    ``tests`` and ``scans`` are the gate's results for each platform; ``seconds`` is the time of build,
    gate and push. ``signed`` is the number of statements that were signed and attached (0: the image had them
    all), null if nothing was to be signed; ``identity`` is the one that signed, without a key. ``problem`` is
    empty if the type was published; ``gate_failed`` is true if tests or scan refused it.
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
    taken: tuple[str, ...] = ()
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
        """Repository and digest; empty if nothing was pushed."""
        return f"{self.repository}@{self.digest}" if self.repository and self.digest else ""

    @property
    def made(self) -> bool:
        """Whether an image was to be made: not if a git tag releases another type, as the note says."""
        return bool(self.digest or self.tests or self.scans or self.problem)


class Publication(BaseModel):
    """All rows, the commit that they are of, and notes on the whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    commit: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Row, ...]:
        """The rows with a problem."""
        return tuple(row for row in self.rows if row.problem)

    @property
    def unsigned(self) -> tuple[str, ...]:
        """The DAG types that were pushed without a signature."""
        return tuple(row.dag for row in self.rows if row.reference and not row.problem and row.signed is None)

    def table(self) -> str:
        """Return the rows for a terminal, then tags that weren't moved, notes and problems."""
        head = ("DAG", "REFERENCE", "TAGS", "SIZE", "ADDED", "SIGNED", "TIME")
        lines = table([head, *map(_cells, self.rows)]).splitlines()
        for row in self.rows:
            lines += [f"{row.dag}: {tag} not moved: {why}" for tag, why in row.left.items()]
            lines += [f"{row.dag}: dependencies taken from {image}" for image in row.taken]
            note = row.note if row.made else f"skipped: {row.note}"
            lines += [f"{row.dag}: {note}"] if row.note else []
        lines += [f"NOT SIGNED: {', '.join(self.unsigned)}: {UNSIGNED}"] if self.unsigned else []
        for problem in dict.fromkeys(row.problem for row in self.failed):
            names = [row.dag for row in self.failed if row.problem == problem]
            lines += [f"{', '.join(names)}: FAILED: {problem}"]
        lines += self.notes
        return "\n".join(lines)

    def as_json(self) -> str:
        """Return the publication for programs."""
        rows = [{**row.model_dump(mode="json"), "reference": row.reference} for row in self.rows]
        notes = {"notes": self.notes} if self.notes else {}
        return json.dumps({"commit": self.commit, "images": rows, **notes}, indent=2)


def parse(text: str) -> Publication:
    """Return the publication in a text of ``as_json``; raise ValueError for any other text."""
    try:
        document = json.loads(text)
        rows = [
            {key: value for key, value in row.items() if key != "reference"} for row in document["images"]
        ]
        return Publication.model_validate(
            {"commit": document["commit"], "rows": rows, "notes": document.get("notes", ())}
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not a {FILE}: {type(error).__name__}: {error}") from None


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
    """Return one publication of several, with the rows sorted by DAG type.

    Raises:
        ValueError: two have a row of the same DAG type, or they are of different commits.
    """
    rows = sorted((row for part in parts for row in part.rows), key=lambda row: row.dag)
    twice = sorted(dag for dag, count in Counter(row.dag for row in rows).items() if count > 1)
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
