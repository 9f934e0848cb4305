"""The results of DAG types as Markdown: a table, the problems, and how to verify what was pushed."""

import shlex
from collections.abc import Iterator, Mapping, Sequence

from ...attest.provenance import ISSUER
from ...attest.verify.checks import GITHUB
from ...checks import report_formats
from ...checks.scan import text as scan_text
from ...checks.scan.verdict import State, Verdict
from ...publish import publication
from ...publish.publication import UNSIGNED, Publication, Row
from ...text import escaped, escaped_lines, literal, markdown_table, megabytes
from ..selection import ReasonKind
from .outputs import NO_RESULT, JobPlan, without_result

# Of more than 1 MiB in a step GitHub shows nothing ("Workflow commands", "Step isolation and limits").
MAX_BYTES = 1_000_000
MAX_NAMES = 10

_HEAD = ("DAG type", "verdict", "image", "size", "tests", "scan", "tags")


def markdown(done: Publication, plan: JobPlan | None, *, attested: bool = False) -> str:
    """Return a summary that GitHub accepts: a table of all types, how to verify them, and their details.

    ``attested``: GitHub attested what was pushed.
    """
    missing = without_result(done, plan)
    parts = [f"### airflow-images: {_verdict(done, missing)}"]
    if plan and plan.event:
        parts.append(f"{escaped(plan.event.describe())}: {escaped(plan.found.since)}")
    parts += [f"> {escaped(note)}" for note in (*(plan.found.notes if plan else ()), *done.notes)]
    rows = [*map(_cells, done.rows), *(_cells_without_result(*item) for item in missing.items())]
    parts += [markdown_table([_HEAD, *rows])] if rows else []
    parts += _verify(done, plan, attested=attested)
    details = [(row.dag, detail) for row in done.rows for detail in _details(row)]
    details += [(name, _failed(name, mistake)) for name, mistakes in missing.items() for mistake in mistakes]
    text = "\n\n".join([*parts, *(detail for _, detail in details)]) + "\n"
    cut = shortened(text, MAX_BYTES, "")
    if cut == text:
        return text
    return f"{cut}{_left_out([name for name, detail in details if detail not in cut])}\n"


def shortened(text: str, limit: int, ending: str) -> str:
    """Return Markdown cut at a line, with a sentence at its end, if it has more bytes than the limit."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    kept = encoded[:limit].decode(errors="ignore").rpartition("\n")[0].rstrip("\n")
    fence = "\n```" if f"\n{kept}".count("\n```") % 2 else ""
    return f"{kept}{fence}\n\n{ending}"


def _left_out(names: Sequence[str]) -> str:
    types = list(dict.fromkeys(names))
    more = [f"{len(types) - MAX_NAMES} more"] if len(types) > MAX_NAMES else []
    subject = ", ".join([*map(literal, types[:MAX_NAMES]), *more]) or "the table"
    return (
        f"… cut at GitHub's size limit. Not shown: details of {subject}; published.json in the artifacts "
        "results-… of the run has them"
    )


def _verdict(done: Publication, missing: Mapping[str, Sequence[str]]) -> str:
    failed = len(done.failed) + len(missing)
    skipped = sum(not row.made for row in done.rows)
    total = len(done.rows) + len(missing) - skipped
    if not total:
        return f"{_types(skipped)} skipped" if skipped else "no DAG type is affected"
    verdict = f"{failed} of {_types(total)} failed" if failed else f"{_types(total)} passed"
    return f"{verdict}, {skipped} skipped" if skipped else verdict


def _types(number: int) -> str:
    return f"{number} DAG type{'' if number == 1 else 's'}"


def _cells(row: Row) -> tuple[str, ...]:
    tags = [literal(tag) for tag in row.written]
    tags += [f"{literal(tag)} (unchanged)" for tag in row.same]
    tags += [f"{literal(tag)} (not moved)" for tag in row.left]
    return (
        literal(row.dag),
        "**failed**" if row.problem else "passed" if row.made else "skipped",
        literal(row.reference or row.digest or "-"),
        _size(row),
        "; ".join(dict.fromkeys(map(report_formats.verdict, row.tests))) or "-",
        "; ".join(dict.fromkeys(map(_scan, row.scans))) or "-",
        ", ".join(tags) or "not pushed",
    )


def _cells_without_result(name: str, mistakes: Sequence[str]) -> tuple[str, ...]:
    why = f"{ReasonKind.WRONG}, as listed below" if mistakes else NO_RESULT
    return (literal(name), "**no result**", why, "", "", "", "")


def _size(row: Row) -> str:
    if not row.size:
        return "-"
    if row.before is None:
        return f"{megabytes(row.size)} ({megabytes(row.added)} added)"
    change = row.size - row.before
    sign = "+" if change >= 0 else "-"
    return f"{megabytes(row.size)} ({f'{sign}{megabytes(abs(change))}' if change else 'unchanged'})"


def _scan(verdict: Verdict) -> str:
    return f"{verdict.state}: {verdict.count(added=True)} added, {verdict.in_base} in the base"


def _details(row: Row) -> Iterator[str]:
    """Yield what a row of the table doesn't show."""
    for tag, why in row.left.items():
        yield f"- {literal(row.dag)}: {literal(tag)} not moved: {escaped(why)}"
    if row.note:
        yield f"- {literal(row.dag)}: {'' if row.made else 'skipped: '}{escaped_lines(row.note)}"
    reports = [report for report in row.tests if report.findings]
    scans = [scan for scan in row.scans if scan.failing or scan.unreliable or scan.state is State.FAILED]
    shown = [report_formats.text([report]) for report in reports] + [
        scan_text.table([scan]) for scan in scans
    ]
    if rest := publication.beyond(row, shown):
        yield _failed(row.dag, rest)
    yield from (report_formats.markdown([report]) for report in reports)
    yield from (scan_text.markdown([scan]) for scan in scans)


def _failed(dag: str, problem: str) -> str:
    return f"- {literal(dag)}: **failed**: {escaped_lines(problem)}"


def _verify(done: Publication, plan: JobPlan | None, *, attested: bool) -> Iterator[str]:
    pushed = [row for row in done.rows if row.reference and not row.problem]
    signed = [row for row in pushed if row.signed is not None]
    by_github = pushed if attested and plan and plan.event else []
    if done.unsigned and not by_github:
        yield f"> **Not signed**: {', '.join(map(literal, done.unsigned))}: {UNSIGNED}"
    if signed or by_github:
        yield "#### How to verify"
    if signed:
        yield "\n".join(["```", *(_verify_command(row, done.commit) for row in signed), "```"])
    if plan and plan.event and by_github:
        yield "GitHub's own attestation (`actions/attest-build-provenance`):"
        commands = (_verify_by_github_command(row, plan.event.repository) for row in by_github)
        yield "\n".join(["```", *commands, "```"])
        if not all(row.identity for row in by_github):
            workflow = "`--signer-workflow OWNER/REPOSITORY/.github/workflows/publish.yml`"
            yield f"(add {workflow} if the workflow of another repository was called)"


def _verify_by_github_command(row: Row, repository: str) -> str:
    words = ["gh", "attestation", "verify", f"oci://{row.reference}", "--repo", repository]
    if row.identity:
        words += ["--signer-workflow", row.identity.removeprefix(GITHUB).partition("@")[0]]
    return shlex.join(words)


def _verify_command(row: Row, commit: str) -> str:
    signer = ["--key", "cosign.pub"]
    if row.identity:
        signer = ["--certificate-identity", row.identity, "--certificate-oidc-issuer", ISSUER]
    image = ["registry", "image", "--reference", row.reference]
    words = ["dagger", "call", *image, "verify", *signer, "--commit", commit]
    return shlex.join(words)
