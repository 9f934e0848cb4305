"""What a run made of DAG types, as Markdown: a table, what is wrong, and how to verify what was pushed."""

import shlex
from collections.abc import Iterable, Iterator, Sequence

from .. import report_formats, scan_texts
from ..evidence import GITHUB
from ..provenance import ISSUER
from ..publication import Publication, Row
from ..shown import escaped, literal
from ..sizes import megabytes
from ..verdict import Verdict
from .outputs import Plan

_HEAD = ("DAG type", "verdict", "image", "size", "tests", "scan", "tags")


def markdown(done: Publication, plan: Plan | None, missing: Sequence[str]) -> str:
    """The summary.

    Args:
        done: what was made, a row per DAG type.
        plan: what was to be made, and on which event; None where a person asked.
        missing: DAG types of the plan that nothing is known of.
    """
    parts = [f"### airflow-images: {_verdict(done, missing)}"]
    if plan and plan.event:
        parts.append(f"{escaped(plan.event.told())}: {escaped(plan.found.since)}")
    parts += [f"> {escaped(note)}" for note in (*(plan.found.notes if plan else ()), *done.notes)]
    if done.rows or missing:
        rows = [*(_cells(row) for row in done.rows), *(_lost(name) for name in missing)]
        parts.append("\n".join([_line(_HEAD), _line(["---"] * len(_HEAD)), *map(_line, rows)]))
    for row in done.rows:
        parts += _told(row)
    parts += _verify(done, plan)
    return "\n\n".join(parts) + "\n"


def _verdict(done: Publication, missing: Sequence[str]) -> str:
    total = len(done.rows) + len(missing)
    bad = len(done.failed) + len(missing)
    if not total:
        return "no DAG type is affected"
    noun = "DAG type" if total == 1 else "DAG types"
    return f"{bad} of {total} {noun} failed" if bad else f"{total} {noun} passed"


def _cells(row: Row) -> tuple[str, ...]:
    image = literal(row.reference or row.digest or "-")
    tags = [literal(tag) for tag in row.written]
    tags += [f"{literal(tag)} (was there)" for tag in row.same]
    tags += [f"{literal(tag)} left" for tag in row.left]
    return (
        literal(row.dag),
        "**failed**" if row.problem else "passed",
        image,
        _size(row),
        _tests(row),
        "; ".join(dict.fromkeys(_scan(each) for each in row.scans)) or "-",
        ", ".join(tags) or "not pushed",
    )


def _lost(name: str) -> tuple[str, ...]:
    return (literal(name), "**no result**", "its job ended before there was one: see its log", "", "", "", "")


def _size(row: Row) -> str:
    if not row.size:
        return "-"
    if row.before is None:
        return f"{megabytes(row.size)} ({megabytes(row.added)} added)"
    change = row.size - row.before
    sign = "+" if change >= 0 else "-"
    told = f"{sign}{megabytes(abs(change))}" if change else "unchanged"
    return f"{megabytes(row.size)} ({told})"


def _tests(row: Row) -> str:
    return "; ".join(dict.fromkeys(report_formats.verdict(each) for each in row.tests)) or "-"


def _scan(verdict: Verdict) -> str:
    return f"{verdict.state}: {verdict.count(added=True)} added, {verdict.in_base} in the base"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _told(row: Row) -> Iterator[str]:
    """What a person is to know of one type beyond its row."""
    for tag, why in row.left.items():
        yield f"- {literal(row.dag)}: {literal(tag)} stays: {escaped(why)}"
    if row.note:
        yield f"- {literal(row.dag)}: {_lines(row.note)}"
    seen = False
    for report in row.tests:
        if report.findings:
            seen = True
            yield report_formats.markdown([report])
    for verdict in row.scans:
        if verdict.failing or verdict.unreliable:
            seen = True
            yield scan_texts.markdown([verdict])
    if row.problem and not seen:
        yield f"- {literal(row.dag)}: **failed**: {_lines(row.problem)}"


def _lines(told: str) -> str:
    return "<br>".join(escaped(line) for line in told.splitlines())


def _verify(done: Publication, plan: Plan | None) -> Iterator[str]:
    pushed = [row for row in done.rows if row.reference and not row.problem]
    signed = [row for row in pushed if row.signed is not None]
    if signed:
        yield "#### How to verify"
        yield "\n".join(["```", *(_command(row, done.commit) for row in signed), "```"])
    keyless = [row for row in signed if row.identity]
    if plan and plan.event and keyless:
        platform = [
            f"gh attestation verify oci://{row.reference} --repo {plan.event.repository} "
            f"--signer-workflow {row.identity.removeprefix(GITHUB).partition('@')[0]}"
            for row in keyless
        ]
        yield "What GitHub itself says of them (`actions/attest-build-provenance`):"
        yield "\n".join(["```", *platform, "```"])


def _command(row: Row, commit: str) -> str:
    by = ["--key", "cosign.pub"]
    if row.identity:
        by = ["--certificate-identity", row.identity, "--certificate-oidc-issuer", ISSUER]
    words = ["dagger", "call", "verify", "--reference", row.reference, *by, "--commit", commit]
    return shlex.join(words)
