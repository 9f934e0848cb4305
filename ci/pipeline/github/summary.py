"""What a run made of DAG types, as Markdown: a table, what is wrong, and how to verify what was pushed."""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...attest.provenance import ISSUER
from ...attest.verify.checks import GITHUB
from ...checks import report_formats
from ...checks.scan import text as scan_text
from ...checks.scan.verdict import State, Verdict
from ...publish import publication
from ...publish.publication import Publication, Row
from ...text import escaped, literal, megabytes
from ..affected import Kind
from .outputs import Plan

NO_RESULT = "its job ended before there was a result: see its log"
# Bytes; of more than 1 MiB in a step GitHub shows nothing ("Workflow commands", "Step isolation and limits").
MOST = 1_000_000
MOST_NAMES = 10

_HEAD = ("DAG type", "verdict", "image", "size", "tests", "scan", "tags")


def lost(done: Publication, plan: Plan | None) -> dict[str, tuple[str, ...]]:
    """The DAG types of a plan that have no result, each with the mistakes in it that the plan knows of."""
    known = {row.dag for row in done.rows}
    return {
        each.dag: tuple(
            touch.how for reason in each.reasons if reason.kind is Kind.WRONG for touch in reason.touches
        )
        for each in (plan.found.affected if plan else ())
        if each.dag not in known
    }


def gate(done: Publication, missing: Mapping[str, Sequence[str]]) -> str:
    """What a terminal shows of results: their table, and what there is none of.

    Args:
        done: what was made, a row per DAG type.
        missing: DAG types without a result, each with the mistakes in it that are known.
    """
    told = [done.table()] if done.rows else [] if missing else ["nothing was to be made"]
    told += [f"{name}: FAILED: {each}" for name, wrong in missing.items() for each in wrong or (NO_RESULT,)]
    return "\n".join(told)


def markdown(
    done: Publication, plan: Plan | None, missing: Mapping[str, Sequence[str]], *, attested: bool = False
) -> str:
    """The summary, no larger than GitHub takes it: all types in a table, how to verify, and each in detail.

    Args:
        done: what was made, a row per DAG type.
        plan: what was to be made, and on which event; None where a person asked.
        missing: DAG types without a result, each with the mistakes in it that are known.
        attested: whether GitHub attested what was pushed.
    """
    parts = [f"### airflow-images: {_verdict(done, missing)}"]
    if plan and plan.event:
        parts.append(f"{escaped(plan.event.told())}: {escaped(plan.found.since)}")
    parts += [f"> {escaped(note)}" for note in (*(plan.found.notes if plan else ()), *done.notes)]
    if done.rows or missing:
        rows = [*(_cells(row) for row in done.rows), *(_lost(*each) for each in missing.items())]
        parts.append("\n".join([_line(_HEAD), _line(["---"] * len(_HEAD)), *map(_line, rows)]))
    parts += _verify(done, plan, attested=attested)
    details = [(row.dag, part) for row in done.rows for part in _told(row)]
    details += [(name, _failed(name, each)) for name, wrong in missing.items() for each in wrong]
    text = "\n\n".join([*parts, *(part for _, part in details)]) + "\n"
    cut = shortened(text, MOST, "")
    return text if cut == text else f"{cut}{_left_out([name for name, part in details if part not in cut])}\n"


def shortened(text: str, most: int, told: str) -> str:
    """Markdown of at most so many bytes, and behind it a sentence; cut at a line, and only if it must be.

    Args:
        text: the Markdown.
        most: bytes of it that are kept.
        told: the sentence; it is added where something is cut off.
    """
    whole = text.encode()
    if len(whole) <= most:
        return text
    kept = whole[:most].decode(errors="ignore").rpartition("\n")[0].rstrip("\n")
    fence = "\n```" if f"\n{kept}".count("\n```") % 2 else ""
    return f"{kept}{fence}\n\n{told}"


def _left_out(names: Sequence[str]) -> str:
    found = list(dict.fromkeys(names))
    more = [f"{len(found) - MOST_NAMES} more"] if len(found) > MOST_NAMES else []
    told = ", ".join([*map(literal, found[:MOST_NAMES]), *more])
    place = "it is in published.json, which runs of check and publish keep in their artifacts results-…"
    return f"… cut here, for GitHub takes no more. What is left out is of {told or 'the table'}: {place}"


def _verdict(done: Publication, missing: Mapping[str, Sequence[str]]) -> str:
    bad = len(done.failed) + len(missing)
    unmade = sum(not row.made for row in done.rows)
    total = len(done.rows) + len(missing) - unmade
    if not total:
        return f"{_types(unmade)} not made" if unmade else "no DAG type is affected"
    others = f", {unmade} not made" if unmade else ""
    return (f"{bad} of {_types(total)} failed" if bad else f"{_types(total)} passed") + others


def _types(number: int) -> str:
    return f"{number} DAG type{'' if number == 1 else 's'}"


def _cells(row: Row) -> tuple[str, ...]:
    image = literal(row.reference or row.digest or "-")
    tags = [literal(tag) for tag in row.written]
    tags += [f"{literal(tag)} (was there)" for tag in row.same]
    tags += [f"{literal(tag)} left" for tag in row.left]
    return (
        literal(row.dag),
        "**failed**" if row.problem else "passed" if row.made else "not made",
        image,
        _size(row),
        _tests(row),
        "; ".join(dict.fromkeys(_scan(each) for each in row.scans)) or "-",
        ", ".join(tags) or "not pushed",
    )


def _lost(name: str, wrong: Sequence[str]) -> tuple[str, ...]:
    told = f"{Kind.WRONG}: see below" if wrong else NO_RESULT
    return (literal(name), "**no result**", told, "", "", "", "")


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
        yield f"- {literal(row.dag)}: {'' if row.made else 'not made: '}{_lines(row.note)}"
    reports = [each for each in row.tests if each.findings]
    verdicts = [each for each in row.scans if each.failing or each.unreliable or each.state is State.FAILED]
    shown = [report_formats.text([each]) for each in reports] + [scan_text.table([each]) for each in verdicts]
    if rest := publication.beyond(row, shown):
        yield _failed(row.dag, rest)
    yield from (report_formats.markdown([each]) for each in reports)
    yield from (scan_text.markdown([each]) for each in verdicts)


def _failed(dag: str, told: str) -> str:
    return f"- {literal(dag)}: **failed**: {_lines(told)}"


def _lines(told: str) -> str:
    return "<br>".join(escaped(line) for line in told.splitlines())


def _verify(done: Publication, plan: Plan | None, *, attested: bool) -> Iterator[str]:
    pushed = [row for row in done.rows if row.reference and not row.problem]
    signed = [row for row in pushed if row.signed is not None]
    vouched = pushed if attested and plan and plan.event else []
    if signed or vouched:
        yield "#### How to verify"
    if signed:
        yield "\n".join(["```", *(_command(row, done.commit) for row in signed), "```"])
    if plan and plan.event and vouched:
        yield "What GitHub itself says of them (`actions/attest-build-provenance`):"
        yield "\n".join(["```", *(_platform(row, plan.event.repository) for row in vouched), "```"])
        if not all(row.identity for row in vouched):
            workflow = "`--signer-workflow OWNER/REPOSITORY/.github/workflows/publish.yml`"
            yield f"(and {workflow}, where another repository's workflow was called)"


def _platform(row: Row, repository: str) -> str:
    words = ["gh", "attestation", "verify", f"oci://{row.reference}", "--repo", repository]
    if row.identity:
        words += ["--signer-workflow", row.identity.removeprefix(GITHUB).partition("@")[0]]
    return shlex.join(words)


def _command(row: Row, commit: str) -> str:
    by = ["--key", "cosign.pub"]
    if row.identity:
        by = ["--certificate-identity", row.identity, "--certificate-oidc-issuer", ISSUER]
    words = ["dagger", "call", "verify", "--reference", row.reference, *by, "--commit", commit]
    return shlex.join(words)
